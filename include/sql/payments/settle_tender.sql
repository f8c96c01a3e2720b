-- purpose: what the state of an attempt means for its tender: captured, or nothing taken for good.
-- reads: payment_attempt (one row)
-- writes: tender (at most one row)
-- params: attempt_id, as_of, stop (the request itself is at fault)
UPDATE tender AS t
SET
    status = CASE WHEN a.status = 'SUCCESS' THEN 'DONE' ELSE 'STOPPED' END,
    status_at = :as_of,
    status_reason = a.status_reason
FROM payment_attempt AS a
WHERE
    a.payment_attempt_id = :attempt_id
    AND t.payment_ref = a.payment_ref
    AND (
        (a.kind IN ('CHARGE', 'CAPTURE') AND a.status = 'SUCCESS' AND t.status <> 'DONE')
        OR (
            a.kind IN ('CHARGE', 'AUTHORISE')
            AND t.status = 'DUE'
            AND (
                a.status IN ('SOFT_DECLINE', 'HARD_DECLINE')
                OR (a.status = 'NOT_SENT' AND cast(:stop AS boolean))
            )
        )
    )
