-- purpose: the states that a purchase went through.
-- reads: purchase (one row), status_history
-- writes: nothing; one row per change
-- params: entry_id
SELECT
    h.occurred_at,
    h.from_state,
    h.event,
    h.to_state,
    h.actor,
    h.reason
FROM purchase AS p
INNER JOIN status_history AS h ON h.machine = 'purchase' AND p.purchase_id = h.subject_id
WHERE p.entry_id = cast(:entry_id AS uuid)
ORDER BY h.history_id
