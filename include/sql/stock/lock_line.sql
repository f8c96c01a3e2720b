-- purpose: take the only turn at the article of an order line; nothing is locked where it is not ours.
-- reads: sales_order, order_line, stock_item (one row each)
-- writes: nothing; locks the row until the transaction ends
-- params: order_ref, line_no
SELECT i.sku
FROM sales_order AS o
INNER JOIN order_line AS l ON o.sales_order_id = l.sales_order_id
INNER JOIN stock_item AS i ON l.sku = i.sku
WHERE o.order_ref = :order_ref AND l.line_no = :line_no
FOR UPDATE OF i
