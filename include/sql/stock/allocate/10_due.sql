-- purpose: the lines of goods of paid orders that no run has decided yet: they have no part.
-- reads: sales_order (one row per order, VERIFIED), order_line (one row per line), payment (one row per
--   tender), line_part (one row per part)
-- writes: temporary table due_line (one row per line)
-- params: as_of
CREATE TEMP TABLE due_line ON COMMIT DROP AS
WITH due AS MATERIALIZED (
    SELECT
        o.sales_order_id,
        o.total_minor,
        o.status_at,
        o.ship_complete
    FROM sales_order AS o
    WHERE o.status = 'VERIFIED' AND o.status_at <= :as_of
),

lines AS (
    SELECT l.*
    FROM due AS d
    INNER JOIN order_line AS l ON d.sales_order_id = l.sales_order_id
    LEFT JOIN line_part AS p ON l.order_line_id = p.order_line_id
    -- services are activated, not sent
    WHERE p.order_line_id IS NULL AND l.vendor_id IS NOT NULL
),

captured AS (
    SELECT
        d.sales_order_id,
        d.total_minor,
        t.captured_at,
        sum(t.amount_minor) OVER (
            PARTITION BY d.sales_order_id ORDER BY t.captured_at, t.seq
        ) AS so_far_minor
    FROM due AS d
    INNER JOIN payment AS t ON d.sales_order_id = t.sales_order_id
    WHERE
        t.kind = 'charge'
        AND t.state = 'CAPTURED'
        AND d.sales_order_id IN (SELECT l.sales_order_id FROM lines AS l)
),

paid AS (
    SELECT
        c.sales_order_id,
        min(c.captured_at) AS paid_at
    FROM captured AS c
    WHERE c.so_far_minor >= c.total_minor
    GROUP BY c.sales_order_id
)

SELECT
    l.order_line_id,
    l.sales_order_id,
    l.line_no,
    l.sku,
    l.vendor_id,
    l.quantity,
    coalesce(p.paid_at, d.status_at) AS paid_at,
    d.ship_complete
FROM lines AS l
INNER JOIN due AS d ON l.sales_order_id = d.sales_order_id
LEFT JOIN paid AS p ON l.sales_order_id = p.sales_order_id
