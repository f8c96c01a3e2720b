-- purpose: a kept card whose place another one of the same customer takes.
-- reads: card_registration (the other one)
-- writes: card_registration (at most one row)
-- params: registration_ref, replaced_by, as_of
UPDATE card_registration AS r
SET
    replaced_by = n.card_registration_id,
    status = 'REPLACED',
    status_at = :as_of,
    status_reason = NULL
FROM card_registration AS n
WHERE
    r.registration_ref = :registration_ref
    AND n.registration_ref = :replaced_by
    AND n.customer_id = r.customer_id
    AND n.status IN ('VAULTED', 'ACTIVE')
    AND r.status IN ('VAULTED', 'ACTIVE', 'EXPIRING', 'INVALID')
