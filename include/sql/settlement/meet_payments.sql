-- purpose: Mark the payments that this business date's reconciliation sees for the first time. Only
--   captured money through a gateway that sends settlement files is waited for. The set of open payments is
--   marked last (settlement/payments_left), since most of these payments leave it before.
-- reads: settlement_open_payment (one row per open payment)
-- writes: payment.first_reconciled_on (null to the business date)
-- params: business_date, as_of
UPDATE payment
SET first_reconciled_on = :business_date
FROM settlement_open_payment AS o
WHERE
    o.payment_id = payment.payment_id
    AND o.first_reconciled_on IS NULL
    AND o.captured_at <= :as_of
