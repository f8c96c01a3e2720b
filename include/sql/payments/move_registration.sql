-- purpose: move a kept card on to another state, if it is in one of those named.
-- reads: nothing
-- writes: card_registration (at most one row)
-- params: registration_ref, from_states, status, reason, as_of
UPDATE card_registration AS r
SET
    status = :status,
    status_at = :as_of,
    status_reason = :reason
WHERE r.registration_ref = :registration_ref AND r.status = any(cast(:from_states AS text[]))
