-- purpose: the first event of attempts.
-- reads: nothing
-- writes: payment_event (one row per attempt)
-- params: attempt_ids, as_of
INSERT INTO payment_event (payment_attempt_id, event, occurred_at)
SELECT
    i.attempt_id,
    'planned' AS event,
    :as_of AS occurred_at
FROM unnest(cast(:attempt_ids AS bigint[])) AS i (attempt_id)
ORDER BY i.attempt_id
