-- purpose: how many cards a customer has shown just before.
-- reads: card_check (rows of the customer)
-- writes: nothing; one row
-- params: storefront, customer_ref, since, as_of
SELECT count(*) AS cards
FROM card_check AS k
WHERE
    k.storefront = :storefront
    AND k.customer_ref = :customer_ref
    AND k.checked_at > :since
    AND k.checked_at <= :as_of
