-- purpose: what a charge tells of the kept card: it is good, or it is not.
-- reads: payment_attempt (one row)
-- writes: card_registration (at most one row)
-- params: attempt_id, as_of
UPDATE card_registration AS r
SET
    status = CASE WHEN a.status = 'SUCCESS' THEN 'ACTIVE' ELSE 'INVALID' END,
    status_at = :as_of,
    status_reason = CASE WHEN a.status = 'SUCCESS' THEN NULL ELSE a.status_reason END
FROM payment_attempt AS a
WHERE
    a.payment_attempt_id = :attempt_id
    AND r.card_registration_id = a.card_registration_id
    AND (
        (a.status = 'SUCCESS' AND r.status = 'VAULTED')
        OR (a.status = 'HARD_DECLINE' AND r.status IN ('VAULTED', 'ACTIVE', 'EXPIRING'))
    )
