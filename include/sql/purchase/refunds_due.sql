-- purpose: what has to go back: captures of purchases that are not to be had, of which our own record
--   says so. What a gateway will not give back (before it has settled, say) is asked again every hour.
-- reads: purchase (one row each), purchase_tender_state (tender), payment_attempt
-- writes: nothing; one row per tender
-- params: as_of, at_most
SELECT t.payment_ref
FROM purchase AS p
INNER JOIN purchase_tender_state AS t ON p.purchase_id = t.purchase_id
WHERE
    p.status = 'REFUND_DUE'
    AND NOT t.is_refunded
    AND EXISTS (
        SELECT FROM payment_attempt AS a
        WHERE
            a.payment_ref = t.payment_ref
            AND a.kind IN ('CHARGE', 'CAPTURE')
            AND a.status = 'SUCCESS'
    )
    AND NOT EXISTS (
        SELECT FROM payment_attempt AS f
        WHERE
            f.payment_ref = t.payment_ref
            AND f.kind = 'REFUND'
            AND f.status IN ('SOFT_DECLINE', 'HARD_DECLINE')
            AND f.status_at > cast(:as_of AS timestamptz) - interval '1 hour'
    )
ORDER BY p.status_at, t.payment_ref
LIMIT :at_most
