-- purpose: Close days that no period has.
-- reads: nothing
-- writes: settlement_period (one row, CLOSED)
-- params: first_day, last_day, at, reason
INSERT INTO settlement_period (first_day, last_day, status, status_at, status_reason)
VALUES (:first_day, :last_day, 'CLOSED', :at, :reason)
