-- purpose: Take back what an earlier run of the same business date wrote; it is written anew.
-- reads: nothing
-- writes: settlement_line_fee (the rows of one business date are deleted)
-- params: business_date
DELETE FROM settlement_line_fee
WHERE business_date = :business_date
