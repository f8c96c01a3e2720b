-- purpose: Take back what an earlier run of the same business date wrote; it is written anew.
-- reads: nothing
-- writes: settlement_near_miss (the rows of one business date are deleted)
-- params: business_date
DELETE FROM settlement_near_miss
WHERE business_date = :business_date
