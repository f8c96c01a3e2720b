-- purpose: The parcels that vendors announce. A number that another order used on another day is another
--   parcel, for numbers are used again.
-- reads: staged (one row per shipped line) without staged_duplicate and staged_rejected, vendor_order
-- writes: parcel (one row per carrier, number and vendor order, PRE_TRANSIT)
INSERT INTO parcel (
    carrier, tracking_no, ship_day, vendor_order_id, shipped_at, status_at, status_reason
)
SELECT
    n.carrier,
    n.tracking_no,
    CAST(n.shipped_at AT TIME ZONE 'UTC' AS date) AS ship_day,
    n.vendor_order_id,
    n.shipped_at,
    n.shipped_at AS status_at,
    'announced by the vendor' AS status_reason
FROM (
    SELECT
        s.carrier,
        s.tracking_no,
        o.vendor_order_id,
        min(s.shipped_at) AS shipped_at
    FROM staged AS s
    INNER JOIN vendor_order AS o ON s.vendor_order_no = o.vendor_order_no
    LEFT JOIN staged_duplicate AS d
        ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
    LEFT JOIN staged_rejected AS r
        ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
    WHERE d.source_file_id IS NULL AND r.source_file_id IS NULL
    GROUP BY s.carrier, s.tracking_no, o.vendor_order_id
) AS n
LEFT JOIN parcel AS p
    ON
        n.carrier = p.carrier
        AND n.tracking_no = p.tracking_no
        AND n.vendor_order_id = p.vendor_order_id
WHERE p.parcel_id IS NULL
ORDER BY n.vendor_order_id, n.carrier, n.tracking_no
ON CONFLICT (carrier, tracking_no, ship_day) DO NOTHING
