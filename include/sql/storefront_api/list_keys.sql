-- purpose: all keys of storefronts, the newest first, without their secrets.
-- reads: storefront_key
-- writes: nothing
-- params: none
SELECT
    k.key_id,
    k.storefront,
    k.made_at,
    k.revoked_at
FROM storefront_key AS k
ORDER BY k.made_at DESC, k.key_id
