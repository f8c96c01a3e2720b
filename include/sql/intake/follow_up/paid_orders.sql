-- purpose: the orders that were verified at the instant, with whom to tell.
-- reads: sales_order (order), customer (customer)
-- writes: nothing
-- params: as_of
SELECT
    o.order_ref,
    o.storefront,
    o.currency,
    o.total_minor,
    c.email
FROM sales_order AS o
INNER JOIN customer AS c ON o.customer_id = c.customer_id
WHERE o.status = 'VERIFIED' AND o.status_at = :as_of
ORDER BY o.sales_order_id
