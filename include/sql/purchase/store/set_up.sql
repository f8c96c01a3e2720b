-- purpose: every storefront has a switch, which is open at first.
-- reads: partner (one row each)
-- writes: store_control (one row per storefront)
-- params: as_of
INSERT INTO store_control (storefront, status_at)
SELECT
    p.partner_id,
    :as_of AS status_at
FROM partner AS p
WHERE p.kind = 'STOREFRONT' AND p.active
ORDER BY p.partner_id
ON CONFLICT (storefront) DO NOTHING
