-- purpose: move a tender on to another state, if it is in one of those named.
-- reads: nothing
-- writes: tender (at most one row)
-- params: payment_ref, from_states, status, reason, as_of
UPDATE tender AS t
SET
    status = :status,
    status_at = :as_of,
    status_reason = :reason
WHERE t.payment_ref = :payment_ref AND t.status = any(cast(:from_states AS text[]))
