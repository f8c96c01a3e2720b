-- purpose: the tenders that were PENDING at the capture are captured once their purchase is paid; that
--   the purchase monitor alone decides, so that nothing is sent for money that goes back.
--   The amount is what was really taken.
-- reads: payment (tender), purchase_tender_state (tender), purchase (one row each)
-- writes: payment (PENDING to CAPTURED)
-- params: as_of
UPDATE payment AS p SET
    state = 'CAPTURED',
    captured_at = t.captured_at,
    amount_minor = t.captured_minor,
    gateway_ref = coalesce(t.gateway_ref, p.gateway_ref)
FROM payment AS w
INNER JOIN purchase_tender_state AS t ON w.payment_ref = t.payment_ref
INNER JOIN purchase AS u ON t.purchase_id = u.purchase_id
WHERE
    p.payment_id = w.payment_id
    AND w.state = 'PENDING'
    AND u.status = 'PAID'
    AND t.captured_at <= :as_of
