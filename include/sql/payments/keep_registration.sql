-- purpose: the token under which the gateway keeps a card, and what may be known of the card here.
-- reads: nothing
-- writes: card_registration (at most one row)
-- params: registration_ref, profile, token, last_four, brand, expires_on, as_of
UPDATE card_registration AS r
SET
    profile = :profile,
    token = :token,
    last_four = :last_four,
    brand = :brand,
    expires_on = :expires_on,
    status = 'VAULTED',
    status_at = :as_of
WHERE r.registration_ref = :registration_ref AND r.status = 'RECEIVED'
