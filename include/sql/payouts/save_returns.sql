-- purpose: Mark the payouts and reversals that cancelled each other out.
-- reads: returned_payout (one row per payout)
-- writes: payout.returned_on (null to the business date)
-- params: business_date
UPDATE payout
SET returned_on = :business_date
FROM returned_payout AS r
WHERE r.payout_id = payout.payout_id
