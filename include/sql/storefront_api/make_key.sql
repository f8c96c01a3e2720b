-- purpose: keep a new key of a storefront; none where there is no such storefront.
-- reads: partner
-- writes: storefront_key
-- params: key_id, storefront, secret_sha256, made_at
INSERT INTO storefront_key (key_id, storefront, secret_sha256, made_at)
SELECT
    :key_id,
    p.partner_id,
    :secret_sha256,
    :made_at
FROM partner AS p
WHERE p.partner_id = :storefront AND p.kind = 'STOREFRONT'
