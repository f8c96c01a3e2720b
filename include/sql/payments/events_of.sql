-- purpose: all that was heard of a tender's attempts.
-- reads: payment_attempt, payment_event (rows of the tender)
-- writes: nothing; one row per event
-- params: payment_ref
SELECT
    a.our_ref,
    e.event,
    e.facts,
    e.occurred_at
FROM payment_attempt AS a
INNER JOIN payment_event AS e ON a.payment_attempt_id = e.payment_attempt_id
WHERE a.payment_ref = :payment_ref
ORDER BY e.payment_event_id
