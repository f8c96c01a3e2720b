-- purpose: give claimed effects back as they were found.
-- reads: effect
-- writes: effect (lease)
-- params: effect_ids, token
UPDATE effect AS e
SET lease_until = NULL
WHERE e.effect_id = any(cast(:effect_ids AS bigint[])) AND e.fencing_token = :token
