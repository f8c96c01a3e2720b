-- purpose: The business date that a decision about payouts belongs to: its day, but after every date of which
--   payouts are reconciled, so that the next reconciliation counts it and no proof that stands changes.
-- reads: payout_run (one row per business date)
-- writes: one row: day
-- params: at, zone
SELECT
    greatest(
        (cast(:at AS timestamptz) AT TIME ZONE :zone)::date, max(business_date) + 1
    ) AS day
FROM payout_run
