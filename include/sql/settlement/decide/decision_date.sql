-- purpose: The business date that a decision belongs to: its day, but after every reconciled date, so that
--   the next reconciliation counts it and no proof that stands changes.
-- reads: settlement_run (one row per business date)
-- writes: one row: day
-- params: at, zone
SELECT
    greatest(
        (cast(:at AS timestamptz) AT TIME ZONE :zone)::date, max(business_date) + 1
    ) AS day
FROM settlement_run
