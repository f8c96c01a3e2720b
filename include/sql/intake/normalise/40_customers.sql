-- purpose: every customer once per storefront, with the particulars of the newest order.
-- reads: ready (entry)
-- writes: customer (customer)
-- params: none
INSERT INTO customer AS c (storefront, customer_ref, name, email, phone)
SELECT DISTINCT ON (r.storefront, r.customer_ref)
    r.storefront,
    r.customer_ref,
    r.customer_name,
    r.customer_email,
    r.customer_phone
FROM ready AS r
ORDER BY r.storefront, r.customer_ref, r.ordered_at DESC, r.entry_id
ON CONFLICT (storefront, customer_ref) DO UPDATE SET
    name = coalesce(excluded.name, c.name),
    email = coalesce(excluded.email, c.email),
    phone = coalesce(excluded.phone, c.phone)
WHERE
(c.name, c.email, c.phone)
IS DISTINCT FROM (
    coalesce(excluded.name, c.name),
    coalesce(excluded.email, c.email),
    coalesce(excluded.phone, c.phone)
)
