-- purpose: whether each storefront may sell; one without a switch always may.
-- reads: partner, store_control (one row per storefront)
-- writes: nothing
-- params: none
SELECT
    p.partner_id AS storefront,
    coalesce(c.status, 'OPEN') AS state,
    to_json(c.status_at) #>> '{}' AS since,
    c.status_reason AS reason
FROM partner AS p
LEFT JOIN store_control AS c ON p.partner_id = c.storefront
WHERE p.kind = 'STOREFRONT'
ORDER BY p.partner_id
