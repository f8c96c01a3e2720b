-- purpose: How much of each line has been shipped.
-- reads: touched_order, shipment_line (one row per shipped line that counts)
-- writes: vendor_order_line (shipped)
UPDATE vendor_order_line AS l
SET shipped = n.shipped
FROM (
    SELECT
        s.vendor_order_line_id,
        sum(s.quantity) AS shipped
    FROM touched_order AS t
    INNER JOIN vendor_order AS o ON t.vendor_order_id = o.vendor_order_id
    INNER JOIN shipment_line AS s ON o.vendor_order_no = s.vendor_order_no
    WHERE s.vendor_order_line_id IS NOT NULL
    GROUP BY s.vendor_order_line_id
) AS n
WHERE l.vendor_order_line_id = n.vendor_order_line_id AND l.shipped <> n.shipped
