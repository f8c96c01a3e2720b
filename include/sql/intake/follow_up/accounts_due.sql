-- purpose: the accounts that the services of orders verified at the instant open, each once per order.
-- reads: sales_order (order), order_line (line), product (product), customer (customer), order_account
-- writes: nothing
-- params: as_of
SELECT DISTINCT
    o.sales_order_id,
    o.order_ref,
    o.storefront,
    c.customer_ref,
    c.name,
    c.email,
    a.account
FROM sales_order AS o
INNER JOIN customer AS c ON o.customer_id = c.customer_id
INNER JOIN order_line AS l ON o.sales_order_id = l.sales_order_id
INNER JOIN product AS p ON l.sku = p.sku
CROSS JOIN LATERAL unnest(p.accounts) AS a (account)
LEFT JOIN order_account AS k ON o.sales_order_id = k.sales_order_id AND a.account = k.account
WHERE o.status = 'VERIFIED' AND o.status_at = :as_of AND k.effect_id IS NULL
ORDER BY o.sales_order_id, a.account
