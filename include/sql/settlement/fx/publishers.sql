-- purpose: The partners that publish reference rates.
-- reads: partner, partner_feed (one row per partner and document type)
-- writes: rows partner_id
SELECT p.partner_id
FROM partner AS p
INNER JOIN partner_feed AS f ON f.partner_id = p.partner_id AND f.doc_type = 'FX_RATES'
WHERE p.active
ORDER BY p.partner_id
