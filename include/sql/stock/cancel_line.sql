-- purpose: cancel the parts of an order line that nobody has sent or ordered yet, and release their stock.
-- reads: sales_order, order_line, line_part, vendor_order_line, order_line_stock (one row each)
-- writes: line_part (CANCELLED), stock_movement (RELEASE, one row per allocated part); returns one row: how many
--   pieces were cancelled, and how many are on their way
-- params: order_ref, line_no, reason, as_of
WITH parts AS (
    SELECT
        p.line_part_id,
        p.part_no,
        p.order_line_id,
        p.sku,
        p.quantity,
        p.status,
        CASE p.status
            WHEN 'ALLOCATED' THEN s.dispatched > 0
            WHEN 'VENDOR_ROUTED'
                THEN
                    EXISTS (
                        SELECT FROM vendor_order AS v
                        INNER JOIN vendor_order_line AS w ON v.vendor_order_id = w.vendor_order_id
                        WHERE
                            v.sales_order_id = o.sales_order_id
                            AND w.order_line_id = l.order_line_id
                    )
            ELSE false
        END AS is_gone
    FROM sales_order AS o
    INNER JOIN order_line AS l ON o.sales_order_id = l.sales_order_id
    INNER JOIN line_part AS p ON l.order_line_id = p.order_line_id
    INNER JOIN order_line_stock AS s ON l.order_line_id = s.order_line_id
    WHERE o.order_ref = :order_ref AND l.line_no = :line_no AND p.status <> 'CANCELLED'
),

cancelled AS (
    UPDATE line_part AS p SET
        status = 'CANCELLED',
        status_at = CAST(:as_of AS timestamptz),
        status_reason = :reason
    FROM parts AS q
    WHERE p.line_part_id = q.line_part_id AND NOT q.is_gone
    RETURNING p.line_part_id
),

released AS (
    INSERT INTO stock_movement (
        source_doc, line_no, kind, sku, quantity, order_line_id, occurred_at
    )
    SELECT
        concat(CAST(:order_ref AS text), '/', CAST(:line_no AS integer)) AS source_doc,
        q.part_no AS line_no,
        'RELEASE' AS kind,
        q.sku,
        q.quantity,
        q.order_line_id,
        CAST(:as_of AS timestamptz) AS occurred_at
    FROM parts AS q
    INNER JOIN cancelled AS c ON q.line_part_id = c.line_part_id
    WHERE q.status = 'ALLOCATED'
    ORDER BY q.line_part_id
    RETURNING stock_movement_id
)

SELECT
    coalesce(sum(q.quantity) FILTER (WHERE NOT q.is_gone), 0) AS cancelled,
    coalesce(sum(q.quantity) FILTER (WHERE q.is_gone), 0) AS gone
FROM parts AS q
