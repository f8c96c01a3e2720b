-- purpose: Mark the lines that this business date's reconciliation sees for the first time. Lines of
--   other kinds (fees, payouts, ...) need no payment.
-- reads: nothing
-- writes: settlement_line.first_reconciled_on (null to the business date)
-- params: business_date
UPDATE settlement_line
SET first_reconciled_on = :business_date
WHERE first_reconciled_on IS NULL AND kind IN ('charge', 'refund')
