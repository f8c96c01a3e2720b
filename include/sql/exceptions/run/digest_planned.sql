-- purpose: The digest that is planned under a key, if there is one.
-- reads: effect (one row per effect)
-- writes: rows effect_id (none or one)
-- params: effect_key
SELECT effect_id
FROM effect
WHERE effect_key = :effect_key
