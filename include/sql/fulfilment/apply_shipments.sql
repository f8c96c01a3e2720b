-- purpose: Count shipments towards their lines, in the order of shipping, as far as the vendor accepted;
--   the others wait for the vendor's next answer.
-- reads: touched_order, vendor_order_line (one row per line), shipment_line (one row per shipped line)
-- writes: shipment_line (vendor_order_line_id of those that now count)
UPDATE shipment_line AS s
SET vendor_order_line_id = c.vendor_order_line_id
FROM (
    SELECT
        h.shipment_line_id,
        h.vendor_order_line_id IS NULL AS is_waiting,
        l.vendor_order_line_id,
        l.accepted,
        sum(h.quantity) OVER (
            PARTITION BY l.vendor_order_line_id
            ORDER BY h.vendor_order_line_id NULLS LAST, h.shipped_at, h.shipment_line_id
        ) AS shipped_so_far
    FROM touched_order AS t
    INNER JOIN vendor_order AS o ON t.vendor_order_id = o.vendor_order_id
    INNER JOIN vendor_order_line AS l ON o.vendor_order_id = l.vendor_order_id
    INNER JOIN shipment_line AS h
        ON o.vendor_order_no = h.vendor_order_no AND l.line_no = h.line_no
) AS c
WHERE
    s.shipment_line_id = c.shipment_line_id
    AND c.is_waiting
    AND c.shipped_so_far <= c.accepted
