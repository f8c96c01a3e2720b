-- purpose: a purchase is sent once a request to take its money has left.
-- reads: standing (purchase)
-- writes: purchase (CAPTURED, RESUMED or DECLINED to PAY_SENT)
-- params: none
UPDATE purchase AS p SET
    status = 'PAY_SENT',
    status_at = s.sent_at,
    status_reason = NULL
FROM standing AS s
WHERE
    p.purchase_id = s.purchase_id
    AND s.sent_at IS NOT NULL
    AND (
        p.status IN ('CAPTURED', 'RESUMED')
        OR (p.status = 'DECLINED' AND NOT s.is_declined AND NOT s.is_paid)
    )
