-- purpose: The shipped lines as they were reported, each with its parcel; they count once they are applied.
-- reads: staged (one row per shipped line) without staged_duplicate and staged_rejected, parcel
-- writes: shipment_line (one row per shipped line)
INSERT INTO shipment_line (
    source_file_id, file_line, vendor_id, vendor_order_no, line_no, sku, quantity, carrier,
    tracking_no, shipped_at, parcel_id
)
SELECT DISTINCT ON (s.source_file_id, s.line_no)
    s.source_file_id,
    s.line_no AS file_line,
    s.partner_id AS vendor_id,
    s.vendor_order_no,
    s.order_line_no AS line_no,
    s.sku,
    s.quantity,
    s.carrier,
    s.tracking_no,
    s.shipped_at,
    p.parcel_id
FROM staged AS s
INNER JOIN vendor_order AS o ON s.vendor_order_no = o.vendor_order_no
INNER JOIN parcel AS p
    ON
        s.carrier = p.carrier
        AND s.tracking_no = p.tracking_no
        AND (
            o.vendor_order_id = p.vendor_order_id
            OR CAST(s.shipped_at AT TIME ZONE 'UTC' AS date) = p.ship_day
        )
LEFT JOIN staged_duplicate AS d
    ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
LEFT JOIN staged_rejected AS r
    ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
WHERE d.source_file_id IS NULL AND r.source_file_id IS NULL
ORDER BY
    s.source_file_id ASC,
    s.line_no ASC,
    (o.vendor_order_id = p.vendor_order_id) DESC,
    p.parcel_id ASC
