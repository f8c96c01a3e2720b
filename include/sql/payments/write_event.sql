-- purpose: what happened to an attempt and the state that this brings it to, if the claim is still ours;
--   one that has its outcome is nobody's any more.
-- reads: nothing
-- writes: payment_attempt (at most one row), payment_event (one row for it)
-- params: attempt_id, token, event, status, reason, facts (JSON), gateway_ref, answered_minor,
--   answered_currency, next_act_at, sent (it went out now), asked (it was asked for now), as_of
WITH changed AS (
    UPDATE payment_attempt AS a
    SET
        status = :status,
        status_at = CASE WHEN a.status = :status THEN a.status_at ELSE :as_of END,
        status_reason = coalesce(:reason, a.status_reason),
        gateway_ref = coalesce(nullif(:gateway_ref, ''), a.gateway_ref),
        answered_minor = coalesce(cast(:answered_minor AS bigint), a.answered_minor),
        answered_currency = coalesce(cast(:answered_currency AS text), a.answered_currency),
        sendings = a.sendings + cast(:sent AS integer),
        asks = a.asks + cast(:asked AS integer),
        first_sent_at = CASE
            WHEN cast(:sent AS integer) = 1 THEN coalesce(a.first_sent_at, :as_of)
            ELSE a.first_sent_at
        END,
        next_act_at = coalesce(cast(:next_act_at AS timestamptz), a.next_act_at),
        lease_until = CASE
            WHEN :status NOT IN ('SUCCESS', 'SOFT_DECLINE', 'HARD_DECLINE') THEN a.lease_until
        END
    WHERE a.payment_attempt_id = :attempt_id AND a.fencing_token = :token
    RETURNING a.payment_attempt_id
)

INSERT INTO payment_event (payment_attempt_id, event, facts, occurred_at)
SELECT
    c.payment_attempt_id,
    :event,
    cast(:facts AS jsonb) AS facts,
    :as_of AS occurred_at
FROM changed AS c
