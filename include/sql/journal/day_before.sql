-- purpose: The business date that was reconciled before another one.
-- reads: settlement_run, payout_run (one row per business date)
-- writes: one row: day (long ago where there is none)
-- params: flow (settlement or payouts), business_date
WITH dates AS (
    SELECT
        'settlement' AS flow,
        business_date
    FROM settlement_run
    UNION ALL
    SELECT
        'payouts' AS flow,
        business_date
    FROM payout_run
)

SELECT coalesce(max(business_date), '0001-01-01') AS day
FROM dates
WHERE flow = :flow AND business_date < :business_date
