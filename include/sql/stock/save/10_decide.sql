-- purpose: what each line gets: pieces of own stock (take), pieces from its vendor (route), pieces that are
--   pre-ordered (wait) or stay pending (hold). Articles that we do not keep go to their vendors, but not
--   before the own lines of an order that wants everything at once.
-- reads: stock_queue (one row per line that waits for an own article), due_line (one row per new line),
--   line_part (PENDING), order_line, stock_item, vendor_availability (one row each)
-- writes: temporary table decision (one row per line of which something changes; without line_part_id where
--   the line has no part yet)
-- params: as_of
CREATE TEMP TABLE decision ON COMMIT DROP AS
WITH served AS (
    SELECT
        q.*,
        CASE
            WHEN q.is_out THEN 0
            ELSE greatest(0, least(
                q.quantity,
                q.free - sum(q.quantity) FILTER (WHERE NOT q.is_out) OVER (
                    PARTITION BY q.sku ORDER BY q.place
                ) + q.quantity
            ))
        END AS take
    FROM stock_queue AS q
),

short AS (
    SELECT
        s.order_line_id,
        s.vendor_id,
        s.sku,
        s.quantity - s.take AS missing,
        sum(s.quantity - s.take) OVER (
            PARTITION BY s.vendor_id, s.sku ORDER BY s.place
        ) AS missing_so_far
    FROM served AS s
    WHERE s.line_part_id IS NULL AND NOT s.ship_complete AND s.shortage = 'VENDOR'
),

from_vendor AS (
    SELECT
        s.order_line_id,
        greatest(0, least(s.missing, a.available - s.missing_so_far + s.missing)) AS route
    FROM short AS s
    INNER JOIN vendor_availability AS a ON s.vendor_id = a.vendor_id AND s.sku = a.sku
    WHERE s.missing > 0 AND a.fresh_until > :as_of
),

others AS (
    SELECT
        NULL::bigint AS line_part_id,
        d.order_line_id,
        d.sales_order_id,
        d.sku,
        d.vendor_id,
        d.paid_at,
        d.quantity
    FROM due_line AS d
    UNION ALL
    SELECT
        p.line_part_id,
        p.order_line_id,
        l.sales_order_id,
        p.sku,
        l.vendor_id,
        p.paid_at,
        p.quantity
    FROM line_part AS p
    INNER JOIN order_line AS l ON p.order_line_id = l.order_line_id
    WHERE p.status = 'PENDING'
),

incomplete AS (
    SELECT DISTINCT q.sales_order_id FROM stock_queue AS q
    WHERE q.is_out
)

SELECT
    s.line_part_id,
    s.order_line_id,
    s.sales_order_id,
    s.sku,
    s.vendor_id,
    s.paid_at,
    TRUE AS is_own,
    s.take,
    coalesce(v.route, 0) AS route,
    s.quantity - s.take - coalesce(v.route, 0) AS wait,
    0 AS hold
FROM served AS s
LEFT JOIN from_vendor AS v ON s.order_line_id = v.order_line_id
WHERE s.line_part_id IS NULL OR s.take > 0
UNION ALL
SELECT
    o.line_part_id,
    o.order_line_id,
    o.sales_order_id,
    o.sku,
    o.vendor_id,
    o.paid_at,
    FALSE AS is_own,
    0 AS take,
    CASE WHEN c.sales_order_id IS NULL THEN o.quantity ELSE 0 END AS route,
    0 AS wait,
    CASE WHEN c.sales_order_id IS NULL THEN 0 ELSE o.quantity END AS hold
FROM others AS o
LEFT JOIN stock_item AS i ON o.sku = i.sku
LEFT JOIN incomplete AS c ON o.sales_order_id = c.sales_order_id
WHERE i.sku IS NULL AND (o.line_part_id IS NULL OR c.sales_order_id IS NULL)
