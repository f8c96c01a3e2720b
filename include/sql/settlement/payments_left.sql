-- purpose: Mark the payments that a reconciliation has seen for the first time and leaves open, in the set of open
--   payments.
-- reads: nothing
-- writes: settlement_open_payment.first_reconciled_on (null to the business date)
-- params: business_date, as_of
UPDATE settlement_open_payment
SET first_reconciled_on = :business_date
WHERE first_reconciled_on IS NULL AND captured_at <= :as_of
