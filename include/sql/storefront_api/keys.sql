-- purpose: the keys that are good.
-- reads: storefront_key, partner (one row each)
-- writes: nothing
-- params: none
SELECT
    k.key_id,
    k.storefront,
    k.secret_sha256
FROM storefront_key AS k
INNER JOIN partner AS p ON k.storefront = p.partner_id
WHERE k.revoked_at IS NULL AND p.active
ORDER BY k.key_id
