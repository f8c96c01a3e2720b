-- purpose: take the next control number of each partner; numbers of a rolled back run come again.
-- reads: control_number
-- writes: control_number (one row per partner and document type)
-- params: doc_type, partner_ids
INSERT INTO control_number AS c (partner_id, doc_type, last_number)
SELECT
    p.partner_id,
    :doc_type,
    1
FROM unnest(cast(:partner_ids AS text[])) AS p (partner_id)
ORDER BY p.partner_id
ON CONFLICT (partner_id, doc_type) DO UPDATE SET last_number = c.last_number + 1
RETURNING partner_id, last_number
