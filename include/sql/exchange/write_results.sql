-- purpose: write the states that effects came to, if the claim is still ours; a final one ends it.
-- reads: effect_result (one row per effect)
-- writes: effect
-- params: token, as_of, final
UPDATE effect AS e
SET
    status = r.status,
    status_at = :as_of,
    status_reason = r.reason,
    next_attempt_at = :as_of,
    lease_until = CASE
        WHEN cast(:final AS boolean) OR r.status = 'CONFIRMED' THEN NULL
        ELSE e.lease_until
    END
FROM effect_result AS r
WHERE e.effect_id = r.effect_id AND e.fencing_token = :token
