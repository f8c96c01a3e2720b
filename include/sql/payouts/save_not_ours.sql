-- purpose: Set aside the bank lines that have nothing of a gateway in them.
-- reads: not_ours_line (one row per line)
-- writes: bank_line.not_ours_on (null to the business date)
-- params: business_date
UPDATE bank_line
SET not_ours_on = :business_date
FROM not_ours_line AS n
WHERE n.bank_line_id = bank_line.bank_line_id
