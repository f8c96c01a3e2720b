-- purpose: the order for which a kept card is to be charged again.
-- reads: sales_order, customer (one row each)
-- writes: nothing; at most one row
-- params: order_ref
SELECT
    o.sales_order_id,
    o.order_ref,
    o.customer_id,
    o.currency,
    c.storefront,
    c.customer_ref
FROM sales_order AS o
INNER JOIN customer AS c ON o.customer_id = c.customer_id
WHERE o.order_ref = :order_ref
