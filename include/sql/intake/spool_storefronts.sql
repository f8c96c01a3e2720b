-- purpose: the storefronts that write spool files.
-- reads: partner (partner), partner_feed (feed)
-- writes: nothing
-- params: none
SELECT p.partner_id
FROM partner AS p
INNER JOIN partner_feed AS f ON p.partner_id = f.partner_id
WHERE p.active AND p.kind = 'STOREFRONT' AND f.doc_type = 'ORDER_SPOOL'
ORDER BY p.partner_id
