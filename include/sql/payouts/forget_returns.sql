-- purpose: Take back the returns that an earlier run of the same business date found.
-- reads: nothing
-- writes: payout.returned_on (the business date to null)
-- params: business_date
UPDATE payout
SET returned_on = NULL
WHERE returned_on = :business_date
