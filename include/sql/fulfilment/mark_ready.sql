-- purpose: The orders of which no piece waits any more, and every vendor has been told.
-- reads: sales_order (one row per order, VERIFIED), order_line (one row each), line_part (one row per part),
--   vendor_order (one row per order and vendor)
-- writes: sales_order (VERIFIED to READY_FOR_SHIPPING)
-- params: as_of
UPDATE sales_order AS s
SET
    status = 'READY_FOR_SHIPPING',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = CASE WHEN told.vendors > 0 THEN 'all vendors told' ELSE 'all in stock' END
FROM (
    SELECT
        v.sales_order_id,
        count(o.vendor_order_id) AS vendors
    FROM sales_order AS v
    INNER JOIN order_line AS l ON v.sales_order_id = l.sales_order_id
    INNER JOIN line_part AS w ON l.order_line_id = w.order_line_id
    LEFT JOIN vendor_order AS o
        ON
            v.sales_order_id = o.sales_order_id
            AND l.vendor_id = o.vendor_id
            AND w.status = 'VENDOR_ROUTED'
    WHERE v.status = 'VERIFIED'
    GROUP BY v.sales_order_id
    HAVING
        bool_or(w.status IN ('ALLOCATED', 'VENDOR_ROUTED'))
        AND bool_and(
            CASE w.status
                WHEN 'VENDOR_ROUTED' THEN coalesce(o.status NOT IN ('PLANNED', 'WRITTEN'), false)
                ELSE w.status IN ('ALLOCATED', 'CANCELLED')
            END
        )
) AS told
WHERE s.sales_order_id = told.sales_order_id
