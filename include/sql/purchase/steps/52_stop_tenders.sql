-- purpose: what is proved not to be paid is not charged by itself any more: the customer has gone.
-- reads: absent (reference)
-- writes: tender (DUE to STOPPED)
-- params: as_of
UPDATE tender AS t SET
    status = 'STOPPED',
    status_at = :as_of,
    status_reason = 'proved not paid'
WHERE
    t.status = 'DUE'
    AND t.payment_ref IN (SELECT a.payment_ref FROM absent AS a)
    AND NOT EXISTS (
        SELECT FROM payment_attempt AS o
        WHERE
            o.payment_ref = t.payment_ref
            AND o.kind IN ('CHARGE', 'AUTHORISE')
            AND (
                o.status IN ('INIT', 'SENT', 'PENDING', 'SUCCESS')
                OR o.lease_until IS NOT NULL
                OR (
                    o.status = 'UNKNOWN'
                    AND o.payment_attempt_id NOT IN (
                        SELECT a.payment_attempt_id FROM absent AS a
                        WHERE a.payment_attempt_id IS NOT NULL
                    )
                )
            )
    )
