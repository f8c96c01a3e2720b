-- purpose: a card that is about to be kept at a gateway.
-- reads: customer (one row)
-- writes: card_registration (one row, none where it is known)
-- params: registration_ref, storefront, customer_ref, gateway, customer_name, customer_email, as_of
INSERT INTO card_registration (
    registration_ref, customer_id, gateway, customer_name, customer_email, status_at
)
SELECT
    :registration_ref,
    c.customer_id,
    :gateway,
    :customer_name,
    :customer_email,
    :as_of
FROM customer AS c
WHERE c.storefront = :storefront AND c.customer_ref = :customer_ref
ON CONFLICT (registration_ref) DO NOTHING
