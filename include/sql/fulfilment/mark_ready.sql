-- purpose: The orders of which every vendor has been told.
-- reads: vendor_order (one row per order and vendor)
-- writes: sales_order (VERIFIED to READY_FOR_SHIPPING)
-- params: as_of
UPDATE sales_order AS s
SET
    status = 'READY_FOR_SHIPPING',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'all vendors told'
FROM (
    SELECT o.sales_order_id
    FROM vendor_order AS o
    INNER JOIN sales_order AS v ON o.sales_order_id = v.sales_order_id
    WHERE v.status = 'VERIFIED'
    GROUP BY o.sales_order_id
    HAVING bool_and(o.status NOT IN ('PLANNED', 'WRITTEN'))
) AS told
WHERE s.sales_order_id = told.sales_order_id
