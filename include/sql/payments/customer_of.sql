-- purpose: a customer by the storefront's own word.
-- reads: customer (one row)
-- writes: nothing; at most one row
-- params: storefront, customer_ref
SELECT
    c.customer_id,
    c.name,
    c.email
FROM customer AS c
WHERE c.storefront = :storefront AND c.customer_ref = :customer_ref
