-- purpose: Shipped lines that were reported before, in this file or another.
-- reads: staged (one row per shipped line), shipment_line (one row per shipped line)
-- writes: staged_duplicate (one row per repeated row)
INSERT INTO staged_duplicate (source_file_id, line_no)
SELECT
    s.source_file_id,
    s.line_no
FROM (
    SELECT
        g.*,
        row_number() OVER (
            PARTITION BY
                g.vendor_order_no, g.order_line_no, g.carrier, g.tracking_no, g.shipped_at,
                g.quantity
            ORDER BY g.source_file_id, g.line_no
        ) AS copy
    FROM staged AS g
) AS s
LEFT JOIN shipment_line AS k
    ON
        s.vendor_order_no = k.vendor_order_no
        AND s.order_line_no = k.line_no
        AND s.partner_id = k.vendor_id
        AND s.carrier = k.carrier
        AND s.tracking_no = k.tracking_no
        AND s.shipped_at = k.shipped_at
        AND s.quantity = k.quantity
WHERE s.copy > 1 OR k.shipment_line_id IS NOT NULL
