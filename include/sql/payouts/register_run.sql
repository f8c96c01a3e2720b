-- purpose: Note that the payouts of a business date are reconciled, and as of when.
-- reads: nothing
-- writes: payout_run (one row per business date)
-- params: business_date, as_of
INSERT INTO payout_run (business_date, as_of)
VALUES (:business_date, :as_of)
ON CONFLICT (business_date) DO UPDATE SET as_of = excluded.as_of
