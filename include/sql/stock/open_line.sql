-- purpose: give a paid order line that no run has decided its first part, so that it can be cancelled.
-- reads: sales_order, order_line, line_part (one row each)
-- writes: line_part (PENDING)
-- params: order_ref, line_no, as_of
INSERT INTO line_part (order_line_id, part_no, sku, quantity, paid_at, status_at)
SELECT
    l.order_line_id,
    1 AS part_no,
    l.sku,
    l.quantity,
    o.status_at AS paid_at,
    CAST(:as_of AS timestamptz) AS status_at
FROM sales_order AS o
INNER JOIN order_line AS l ON o.sales_order_id = l.sales_order_id
LEFT JOIN line_part AS p ON l.order_line_id = p.order_line_id
WHERE
    o.order_ref = :order_ref
    AND l.line_no = :line_no
    AND o.status IN ('VERIFIED', 'READY_FOR_SHIPPING')
    AND l.vendor_id IS NOT NULL
    AND p.order_line_id IS NULL
