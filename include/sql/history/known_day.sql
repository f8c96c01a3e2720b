-- purpose: The newest reconciled business date up to a date.
-- reads: settlement_run (one row per business date)
-- writes: one row: day (null where there is none)
-- params: day
SELECT settlement_day(:day) AS day
