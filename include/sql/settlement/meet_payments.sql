-- purpose: Mark the payments that this business date's reconciliation sees for the first time. Only
--   captured money through a gateway that sends settlement files is waited for.
-- reads: settlement_open_payment (one row per open payment)
-- writes: payment.first_reconciled_on, settlement_open_payment.first_reconciled_on (null to the business date)
-- params: business_date, as_of
WITH met AS (
    UPDATE settlement_open_payment
    SET first_reconciled_on = :business_date
    WHERE first_reconciled_on IS NULL AND captured_at <= :as_of
    RETURNING payment_id
)

UPDATE payment
SET first_reconciled_on = :business_date
FROM met
WHERE payment.payment_id = met.payment_id
