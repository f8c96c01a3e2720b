-- purpose: the lines of the new orders, with the vendor who has the product; a bundle's row becomes a line
--   for each part. Lines keep their numbers but in orders with a bundle, which are numbered anew.
-- reads: ready_line (row), share (part of a row), sales_order (order)
-- writes: order_line (line)
-- params: none
INSERT INTO order_line (
    sales_order_id, line_no, entry_row_id, bundle_sku, sku, vendor_id, description, quantity,
    unit_price_minor, freight_minor, remainder_minor, line_total_minor
)
SELECT
    o.sales_order_id,
    CASE
        WHEN bool_or(s.sku IS NOT NULL) OVER (PARTITION BY o.sales_order_id)
            THEN
                row_number() OVER (PARTITION BY o.sales_order_id ORDER BY l.line_no, s.part_no)
        ELSE l.line_no
    END AS line_no,
    l.entry_row_id,
    CASE WHEN s.sku IS NOT NULL THEN l.sku END AS bundle_sku,
    coalesce(s.sku, l.sku) AS sku,
    CASE WHEN s.sku IS NULL THEN l.vendor_id ELSE s.vendor_id END AS vendor_id,
    CASE WHEN s.sku IS NULL THEN l.description ELSE s.description END AS description,
    coalesce(s.quantity, l.quantity) AS quantity,
    coalesce(s.unit_price_minor, l.unit_price_minor) AS unit_price_minor,
    coalesce(s.freight_minor, l.freight_minor) AS freight_minor,
    coalesce(s.remainder_minor, 0) AS remainder_minor,
    coalesce(s.line_total_minor, l.line_total_minor) AS line_total_minor
FROM ready_line AS l
INNER JOIN sales_order AS o ON l.entry_id = o.entry_id
LEFT JOIN share AS s ON l.entry_row_id = s.entry_row_id
WHERE l.line_no > 0
ORDER BY o.sales_order_id, l.line_no, s.part_no
