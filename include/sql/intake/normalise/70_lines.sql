-- purpose: the lines of the new orders, with the vendor who has the product.
-- reads: ready_line (row), sales_order (order)
-- writes: order_line (line)
-- params: none
INSERT INTO order_line (
    sales_order_id, line_no, entry_row_id, sku, vendor_id, description, quantity, unit_price_minor,
    freight_minor, line_total_minor
)
SELECT
    o.sales_order_id,
    l.line_no,
    l.entry_row_id,
    l.sku,
    l.vendor_id,
    l.description,
    l.quantity,
    l.unit_price_minor,
    l.freight_minor,
    l.line_total_minor
FROM ready_line AS l
INNER JOIN sales_order AS o ON l.entry_id = o.entry_id
WHERE l.line_no > 0
ORDER BY o.sales_order_id, l.line_no
