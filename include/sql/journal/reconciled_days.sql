-- purpose: Up to which business date the journal is settled: that of the newest reconciliation, and of the newest
--   one of payouts where there are payouts.
-- reads: settlement_run, payout_run (one row per business date)
-- writes: one row: first_day, last_day (null where nothing is reconciled)
SELECT
    min(s.business_date) AS first_day,
    least(max(s.business_date), (SELECT max(p.business_date) FROM payout_run AS p)) AS last_day
FROM settlement_run AS s
