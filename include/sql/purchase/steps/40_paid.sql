-- purpose: a purchase is paid once each of its tenders is captured, by our own record or by a proof.
-- reads: standing (purchase)
-- writes: purchase (to PAID)
-- params: as_of
UPDATE purchase AS p SET
    status = 'PAID',
    status_at = :as_of,
    status_reason = 'every tender is captured',
    paid_at = s.paid_at
FROM standing AS s
WHERE
    p.purchase_id = s.purchase_id
    AND s.is_paid
    AND p.status IN (
        'PAY_SENT', 'PAY_UNKNOWN', 'DECLINED', 'NOT_PAID', 'CUSTOMER_TOLD', 'MANUAL'
    )
