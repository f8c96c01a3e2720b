-- purpose: The closed or locked period in which a business date lies, if any.
-- reads: settlement_period (one row per period)
-- writes: rows first_day, last_day, status (none or one)
-- params: day
SELECT
    first_day,
    last_day,
    status
FROM settlement_period
WHERE :day BETWEEN first_day AND last_day AND status <> 'OPEN'
