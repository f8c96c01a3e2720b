-- purpose: The state of a vendor order that its answered lines amount to (the rule is
--   fulfilment.rules.answered_state).
-- reads: touched_order, vendor_order_line (one row per line)
-- writes: vendor_order (status)
-- params: as_of
UPDATE vendor_order AS o
SET
    status = n.status,
    status_at = CAST(:as_of AS timestamptz),
    status_reason = n.reason
FROM (
    SELECT
        l.vendor_order_id,
        min(l.reason) FILTER (WHERE l.accepted < l.quantity) AS reason,
        CASE
            WHEN bool_and(l.accepted + l.rejected + l.backordered = 0) THEN 'DELIVERED'
            WHEN bool_and(l.rejected = l.quantity) THEN 'REJECTED'
            WHEN bool_and(l.accepted = l.quantity) THEN 'ACCEPTED'
            WHEN sum(l.accepted) = 0 AND sum(l.backordered) > 0 THEN 'BACKORDERED'
            ELSE 'PARTIAL'
        END AS status
    FROM touched_order AS t
    INNER JOIN vendor_order AS v ON t.vendor_order_id = v.vendor_order_id
    INNER JOIN vendor_order_line AS l ON v.vendor_order_id = l.vendor_order_id
    WHERE
        v.status IN ('DELIVERED', 'RECEIPTED', 'ACCEPTED', 'PARTIAL', 'BACKORDERED', 'REJECTED')
    GROUP BY l.vendor_order_id
) AS n
WHERE
    o.vendor_order_id = n.vendor_order_id
    AND n.status <> 'DELIVERED'
    AND o.status <> n.status
