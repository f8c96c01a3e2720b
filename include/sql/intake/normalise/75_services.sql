-- purpose: the services of the new orders wait for activation; those that a super-store sells on wait for
--   its end user too.
-- reads: ready_line (row), order_line (line), product (product), sales_order (order)
-- writes: service (line of a service)
-- params: none
INSERT INTO service (order_line_id, needs_end_user, status_at)
SELECT
    i.order_line_id,
    o.price_list = 'SHIPPING' AS needs_end_user,
    o.ordered_at AS status_at
FROM ready_line AS l
INNER JOIN order_line AS i ON l.entry_row_id = i.entry_row_id
INNER JOIN product AS p ON i.sku = p.sku
INNER JOIN sales_order AS o ON i.sales_order_id = o.sales_order_id
WHERE p.kind = 'SERVICE'
ORDER BY i.order_line_id
