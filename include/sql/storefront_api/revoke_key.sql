-- purpose: a key is good no more.
-- reads: storefront_key
-- writes: storefront_key
-- params: key_id, revoked_at
UPDATE storefront_key AS k
SET revoked_at = :revoked_at
WHERE k.key_id = :key_id AND k.revoked_at IS NULL
