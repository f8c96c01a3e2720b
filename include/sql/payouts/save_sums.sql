-- purpose: Mark the payouts to whose amount their lines came.
-- reads: tied_payout (one row per payout)
-- writes: payout.sum_ties_on (null to the business date)
-- params: business_date
UPDATE payout
SET sum_ties_on = :business_date
FROM tied_payout AS t
WHERE t.payout_id = payout.payout_id AND payout.sum_ties_on IS NULL
