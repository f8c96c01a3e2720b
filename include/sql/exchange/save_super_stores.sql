-- purpose: write which customers of a storefront are super-stores; those who are none any more are
--   left out from now on.
-- reads: new_super_store (one row per customer)
-- writes: super_store
-- params: storefront
WITH gone AS (
    DELETE FROM super_store AS s
    WHERE
        s.storefront = :storefront
        AND s.customer_ref NOT IN (SELECT n.customer_ref FROM new_super_store AS n)
)

INSERT INTO super_store (storefront, customer_ref)
SELECT
    :storefront,
    n.customer_ref
FROM new_super_store AS n
ORDER BY n.customer_ref
ON CONFLICT (storefront, customer_ref) DO NOTHING
