-- purpose: Look again at the bank lines that an earlier run of the same business date set aside.
-- reads: nothing
-- writes: bank_line.not_ours_on (the business date to null)
-- params: business_date
UPDATE bank_line
SET not_ours_on = NULL
WHERE not_ours_on = :business_date
