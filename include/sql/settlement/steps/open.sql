-- purpose: The payments that wait for their line and are not late, as they are handed out.
-- reads: rest_payments (one row per payment that nothing took)
-- writes: open (one row per payment)
SELECT
    payment_id,
    order_ref,
    gateway,
    gateway_ref,
    kind,
    currency,
    amount_minor
FROM rest_payments
WHERE is_late = 0
ORDER BY payment_id
