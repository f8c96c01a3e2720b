-- purpose: a kept card, with whose it is.
-- reads: card_registration, customer (one row each)
-- writes: nothing; at most one row
-- params: registration_ref
SELECT
    r.registration_ref,
    r.customer_id,
    c.storefront,
    c.customer_ref,
    r.gateway,
    r.profile,
    r.token,
    r.last_four,
    r.brand,
    r.expires_on,
    r.status,
    r.status_reason
FROM card_registration AS r
INNER JOIN customer AS c ON r.customer_id = c.customer_id
WHERE r.registration_ref = :registration_ref
