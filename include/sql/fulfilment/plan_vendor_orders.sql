-- purpose: One vendor order per paid order and vendor, with a line for each of its order lines that has pieces
--   routed to the vendor: what was ordered less what is cancelled, waits, or comes from own stock.
-- reads: sales_order (one row per order, VERIFIED), order_line (one row per order line), line_part (one row per
--   part of a line, VENDOR_ROUTED)
-- writes: vendor_order (one row per order and vendor, PLANNED), vendor_order_line (one row per order line);
--   an order that has vendor orders already is left as it is, so that a second run adds nothing
-- params: as_of
WITH
due AS MATERIALIZED (
    SELECT
        s.sales_order_id,
        s.order_ref,
        s.promised_on
    FROM sales_order AS s
    LEFT JOIN vendor_order AS o ON s.sales_order_id = o.sales_order_id
    WHERE s.status = 'VERIFIED' AND s.status_at <= :as_of AND o.sales_order_id IS NULL
),

routed AS (
    SELECT
        d.sales_order_id,
        d.order_ref,
        d.promised_on,
        l.order_line_id,
        l.line_no,
        l.vendor_id,
        l.sku,
        sum(w.quantity) AS quantity
    FROM due AS d
    INNER JOIN order_line AS l ON d.sales_order_id = l.sales_order_id
    INNER JOIN line_part AS w ON l.order_line_id = w.order_line_id
    WHERE w.status = 'VENDOR_ROUTED'
    GROUP BY d.sales_order_id, d.order_ref, d.promised_on, l.order_line_id
),

planned AS (
    INSERT INTO vendor_order (
        vendor_order_no, sales_order_id, vendor_id, ship_by, status, status_at, status_reason
    )
    SELECT
        r.order_ref || '-' || r.vendor_id AS vendor_order_no,
        r.sales_order_id,
        r.vendor_id,
        r.promised_on AS ship_by,
        'PLANNED' AS status,
        CAST(:as_of AS timestamptz) AS status_at,
        'order verified' AS status_reason
    FROM routed AS r
    GROUP BY r.sales_order_id, r.order_ref, r.promised_on, r.vendor_id
    ORDER BY r.sales_order_id, r.vendor_id
    RETURNING vendor_order_id, sales_order_id, vendor_id
),

lines AS (
    INSERT INTO vendor_order_line (vendor_order_id, line_no, order_line_id, sku, quantity)
    SELECT
        p.vendor_order_id,
        r.line_no,
        r.order_line_id,
        r.sku,
        r.quantity
    FROM planned AS p
    INNER JOIN routed AS r ON p.sales_order_id = r.sales_order_id AND p.vendor_id = r.vendor_id
    ORDER BY p.vendor_order_id, r.line_no
    RETURNING vendor_order_line_id
)

SELECT
    (SELECT count(DISTINCT p.sales_order_id) FROM planned AS p) AS orders,
    (SELECT count(*) FROM planned) AS vendor_orders,
    (SELECT count(*) FROM lines) AS lines
