-- purpose: give attempts back, so that the next one may work on them.
-- reads: nothing
-- writes: payment_attempt (lease)
-- params: attempt_ids, token
UPDATE payment_attempt AS a
SET lease_until = NULL
WHERE a.payment_attempt_id = any(cast(:attempt_ids AS bigint[])) AND a.fencing_token = :token
