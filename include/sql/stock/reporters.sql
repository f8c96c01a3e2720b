-- purpose: the active partners that report stock by files of a type.
-- reads: partner, partner_feed (one row per partner and type of document)
-- writes: nothing; returns one row per partner
-- params: doc_type
SELECT p.partner_id
FROM partner AS p
INNER JOIN partner_feed AS f ON p.partner_id = f.partner_id
WHERE p.active AND f.doc_type = :doc_type
ORDER BY p.partner_id
