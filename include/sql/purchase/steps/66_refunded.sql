-- purpose: a purchase is refunded once all that was captured for it has gone back.
-- reads: purchase_tender_state (tender)
-- writes: purchase (REFUND_DUE to REFUNDED)
-- params: none
UPDATE purchase AS p SET
    status = 'REFUNDED',
    status_at = r.refunded_at,
    status_reason = 'the money went back'
FROM (
    SELECT
        t.purchase_id,
        max(t.refunded_at) AS refunded_at
    FROM purchase_tender_state AS t
    INNER JOIN purchase AS w ON t.purchase_id = w.purchase_id AND w.status = 'REFUND_DUE'
    WHERE t.is_captured
    GROUP BY t.purchase_id
    HAVING bool_and(t.is_refunded)
) AS r
WHERE p.purchase_id = r.purchase_id
