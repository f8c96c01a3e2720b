-- purpose: attempts that a gateway has captured, by what it showed, while we do not know it.
-- reads: purchase_evidence (answer), payment_attempt (one row each)
-- writes: nothing; one row per attempt
-- params: since, at_most
SELECT DISTINCT a.payment_attempt_id
FROM purchase_evidence AS e
INNER JOIN payment_attempt AS a ON e.our_ref = a.our_ref
WHERE
    e.answer = 'CAPTURED'
    AND e.asked_at >= :since
    AND a.kind IN ('CHARGE', 'CAPTURE')
    AND a.status IN ('SENT', 'PENDING', 'UNKNOWN', 'NOT_SENT')
ORDER BY a.payment_attempt_id
LIMIT :at_most
