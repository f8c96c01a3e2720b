-- purpose: The active partners of a kind that report by files of a type, those of one server together.
-- reads: partner, partner_feed (one row per partner and type of document)
-- writes: nothing; returns one row per partner
-- params: kind, doc_type
SELECT
    p.partner_id,
    p.name
FROM partner AS p
WHERE
    p.kind = :kind
    AND p.active
    AND p.partner_id IN (
        SELECT f.partner_id FROM partner_feed AS f
        WHERE f.doc_type = :doc_type
    )
ORDER BY p.connection_id NULLS FIRST, p.partner_id
