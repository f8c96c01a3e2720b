-- purpose: All periods, the newest first.
-- reads: settlement_period (one row per period)
-- writes: rows period_id, first_day, last_day, status, status_at, status_reason
SELECT
    settlement_period_id AS period_id,
    first_day,
    last_day,
    status,
    status_at,
    status_reason
FROM settlement_period
ORDER BY first_day DESC
