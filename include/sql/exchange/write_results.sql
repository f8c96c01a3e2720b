-- purpose: write the states that effects came to, if the claim is still ours; a final one ends it. One
--   that was refused waits for its next attempt, twice as long each time.
-- reads: effect_result (one row per effect)
-- writes: effect
-- params: token, as_of, final, retry_after, retry_at_most (intervals)
UPDATE effect AS e
SET
    status = r.status,
    status_at = :as_of,
    status_reason = r.reason,
    refusals = e.refusals + CASE WHEN r.status = 'REFUSED' THEN 1 ELSE 0 END,
    next_attempt_at = cast(:as_of AS timestamptz) + CASE
        WHEN r.status = 'REFUSED'
            THEN
                least(
                    cast(:retry_at_most AS interval),
                    cast(:retry_after AS interval) * power(2, least(e.refusals, 20))
                )
        ELSE interval '0'
    END,
    lease_until = CASE
        WHEN cast(:final AS boolean) OR r.status = 'CONFIRMED' THEN NULL
        ELSE e.lease_until
    END
FROM effect_result AS r
WHERE e.effect_id = r.effect_id AND e.fencing_token = :token
