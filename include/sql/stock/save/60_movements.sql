-- purpose: enter the allocations in the ledger.
-- reads: fate (one row per part), line_part, order_line, sales_order (one row each)
-- writes: stock_movement (one row per part that got own stock)
-- params: as_of
INSERT INTO stock_movement (
    source_doc, line_no, kind, sku, quantity, order_line_id, occurred_at
)
SELECT
    o.order_ref || '/' || l.line_no AS source_doc,
    coalesce(p.part_no, f.part_no) AS line_no,
    'ALLOCATION' AS kind,
    f.sku,
    f.quantity,
    f.order_line_id,
    CAST(:as_of AS timestamptz) AS occurred_at
FROM fate AS f
INNER JOIN order_line AS l ON f.order_line_id = l.order_line_id
INNER JOIN sales_order AS o ON l.sales_order_id = o.sales_order_id
LEFT JOIN line_part AS p ON f.line_part_id = p.line_part_id
WHERE f.status = 'ALLOCATED'
ORDER BY f.order_line_id
