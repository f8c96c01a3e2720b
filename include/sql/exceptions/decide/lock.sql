-- purpose: The cases of a decision, held until it is written, with what may be done with them now.
-- reads: exception_case (one row per case), state_transition
-- writes: rows exception_case_id, code, subject, status, amount_minor, currency, to_state (null where the
--   event is not allowed from its state)
-- params: ids, event
SELECT
    c.exception_case_id,
    c.code,
    c.subject,
    c.status,
    c.amount_minor,
    c.currency::text AS currency,
    t.to_state
FROM exception_case AS c
LEFT JOIN state_transition AS t
    ON t.machine = 'exception_case' AND t.from_state = c.status AND t.event = :event
WHERE c.exception_case_id = any(cast(:ids AS bigint[]))
ORDER BY c.exception_case_id ASC
FOR UPDATE OF c
