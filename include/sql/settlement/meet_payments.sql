-- purpose: Mark the payments that this business date's reconciliation sees for the first time. Only
--   captured money through a gateway that sends settlement files is waited for.
-- reads: gateway_account (one row per gateway)
-- writes: payment.first_reconciled_on (null to the business date)
-- params: business_date, as_of
UPDATE payment
SET first_reconciled_on = :business_date
FROM gateway_account AS a
WHERE
    a.gateway = payment.gateway
    AND payment.first_reconciled_on IS NULL
    AND payment.state = 'CAPTURED'
    AND payment.amount_minor > 0
    AND payment.captured_at <= :as_of
