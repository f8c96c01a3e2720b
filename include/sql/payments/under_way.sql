-- purpose: the capture, refund or void of a tender that is still under way.
-- reads: payment_attempt (at most one row, by its partial index)
-- writes: nothing; at most one row
-- params: payment_ref, kind
SELECT a.payment_attempt_id
FROM payment_attempt AS a
WHERE
    a.payment_ref = :payment_ref
    AND a.kind = :kind
    AND a.status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN', 'NOT_SENT')
