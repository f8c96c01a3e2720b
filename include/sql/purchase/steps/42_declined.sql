-- purpose: a purchase is declined when a tender of it was, and none is under way.
-- reads: standing (purchase)
-- writes: purchase (PAY_SENT or PAY_UNKNOWN to DECLINED)
-- params: none
UPDATE purchase AS p SET
    status = 'DECLINED',
    status_at = s.attempt_at,
    status_reason = 'the gateway declined'
FROM standing AS s
WHERE
    p.purchase_id = s.purchase_id
    AND s.is_declined
    AND NOT s.is_live
    AND p.status IN ('PAY_SENT', 'PAY_UNKNOWN')
