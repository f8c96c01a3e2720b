-- purpose: a person has found out that a purchase is not paid, which no proof could decide.
-- reads: nothing
-- writes: purchase (MANUAL to NOT_PAID; at most one row)
-- params: entry_id, reason, at
UPDATE purchase AS p SET
    status = 'NOT_PAID',
    status_at = :at,
    status_reason = :reason
WHERE p.entry_id = cast(:entry_id AS uuid) AND p.status = 'MANUAL'
