-- purpose: take away the feeds that a partner no longer has.
-- reads: new_partner (one row per partner), new_feed (one row per partner and document type)
-- writes: partner_feed
-- params: none
DELETE FROM partner_feed AS f
USING new_partner AS n
WHERE
    n.partner_id = f.partner_id
    AND NOT EXISTS (
        SELECT 1 FROM new_feed AS k
        WHERE k.partner_id = f.partner_id AND k.doc_type = f.doc_type
    )
