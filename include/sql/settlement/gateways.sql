-- purpose: The gateways whose settlement files we fetch.
-- reads: partner, partner_feed (one row per gateway)
-- writes: rows partner_id, name
SELECT
    p.partner_id,
    p.name
FROM partner AS p
INNER JOIN partner_feed AS f ON f.partner_id = p.partner_id AND f.doc_type = 'SETTLEMENT'
WHERE p.kind = 'GATEWAY' AND p.active
ORDER BY p.partner_id
