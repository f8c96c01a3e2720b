-- purpose: all rows of the entries that become orders.
-- reads: ready (entry), order_entry (row), product (product)
-- writes: temporary table ready_line (row; without product for line 0)
-- params: none
CREATE TEMP TABLE ready_line ON COMMIT DROP AS
SELECT
    e.entry_row_id,
    e.entry_id,
    e.line_no,
    e.sku,
    p.kind,
    p.vendor_id,
    e.description,
    e.quantity,
    e.unit_price_minor,
    e.freight_minor,
    e.line_total_minor
FROM ready AS r
INNER JOIN order_entry AS e ON r.entry_id = e.entry_id
LEFT JOIN product AS p ON e.sku = p.sku
WHERE e.status = 'VALID'
