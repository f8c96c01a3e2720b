-- purpose: Take back what an earlier run of the same business date wrote; it is written anew.
-- reads: nothing
-- writes: settlement_link (the rows of one business date are deleted)
-- params: business_date
DELETE FROM settlement_link
WHERE business_date = :business_date
