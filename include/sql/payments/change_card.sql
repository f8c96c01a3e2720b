-- purpose: another card for a tender whose last attempt is proved to have taken nothing.
-- reads: card_registration (at most one row)
-- writes: tender (one row)
-- params: payment_ref, registration_ref, once_token
UPDATE tender AS t
SET
    card_registration_id = r.card_registration_id,
    once_token = :once_token
FROM (VALUES (cast(:registration_ref AS text))) AS g (registration_ref)
LEFT JOIN card_registration AS r ON g.registration_ref = r.registration_ref
WHERE t.payment_ref = :payment_ref
