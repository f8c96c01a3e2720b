-- purpose: notices whose mail is not planned yet, oldest part first, so many at a time.
-- reads: stock_notice (one row per mail), sales_order, customer (one row each)
-- writes: nothing; locks the notices until the transaction ends
-- params: most
SELECT
    n.nature,
    n.about,
    n.pieces,
    o.order_ref,
    c.email
FROM stock_notice AS n
INNER JOIN sales_order AS o ON n.sales_order_id = o.sales_order_id
INNER JOIN customer AS c ON o.customer_id = c.customer_id
WHERE n.told_at IS NULL
ORDER BY n.about, n.nature
LIMIT :most
FOR UPDATE OF n
