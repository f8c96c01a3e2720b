-- purpose: The vendor orders of which all that was accepted has been shipped, and nothing is to come
--   (the rule is fulfilment.rules.is_shipped).
-- reads: touched_order, vendor_order_line (one row per line)
-- writes: vendor_order (ACCEPTED or PARTIAL to SHIPPED)
-- params: as_of
UPDATE vendor_order AS o
SET
    status = 'SHIPPED',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'all that was accepted is shipped'
FROM (
    SELECT l.vendor_order_id
    FROM touched_order AS t
    INNER JOIN vendor_order AS v ON t.vendor_order_id = v.vendor_order_id
    INNER JOIN vendor_order_line AS l ON v.vendor_order_id = l.vendor_order_id
    WHERE v.status IN ('ACCEPTED', 'PARTIAL')
    GROUP BY l.vendor_order_id
    HAVING
        sum(l.accepted) > 0
        AND bool_and(l.accepted + l.rejected = l.quantity AND l.shipped = l.accepted)
) AS n
WHERE o.vendor_order_id = n.vendor_order_id
