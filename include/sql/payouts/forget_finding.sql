-- purpose: Take back what an earlier run of the same business date wrote; it is written anew.
-- reads: nothing
-- writes: payout_finding (the rows of one business date are deleted)
-- params: business_date
DELETE FROM payout_finding
WHERE business_date = :business_date
