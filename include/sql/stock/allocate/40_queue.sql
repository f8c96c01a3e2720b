-- purpose: the queue for own stock: first paid, first served. A pre-order that nothing is there for stays
--   out of it, unless its order wants everything at once.
-- reads: due_line (one row per new line), line_part (pre-ordered parts), order_line, sales_order, stock_item
--   (one row each)
-- writes: temporary table stock_queue (one row per line that waits for an own article)
-- params: as_of
CREATE TEMP TABLE stock_queue ON COMMIT DROP AS
WITH waiting AS (
    SELECT
        NULL::bigint AS line_part_id,
        d.*
    FROM due_line AS d
    UNION ALL
    SELECT
        p.line_part_id,
        p.order_line_id,
        l.sales_order_id,
        l.line_no,
        p.sku,
        l.vendor_id,
        p.quantity,
        p.paid_at,
        o.ship_complete
    FROM line_part AS p
    INNER JOIN stock_item AS i ON p.sku = i.sku
    INNER JOIN order_line AS l ON p.order_line_id = l.order_line_id
    INNER JOIN sales_order AS o ON l.sales_order_id = o.sales_order_id
    WHERE p.status = 'PREORDER' AND (i.on_hand > i.allocated OR o.ship_complete)
)

SELECT
    w.line_part_id,
    w.order_line_id,
    w.sales_order_id,
    w.sku,
    w.vendor_id,
    w.quantity,
    w.paid_at,
    w.ship_complete,
    i.shortage,
    CASE
        WHEN i.release_on > CAST(:as_of AS timestamptz) AT TIME ZONE 'UTC' THEN 0
        ELSE i.on_hand - i.allocated
    END AS free,
    row_number() OVER (ORDER BY w.paid_at, w.sales_order_id, w.line_no) AS place,
    FALSE AS is_out
FROM waiting AS w
INNER JOIN stock_item AS i ON w.sku = i.sku
