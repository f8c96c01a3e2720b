-- purpose: the shipment files of the jobs that went to the carrier and that no file has told yet.
-- reads: job (one row per line of a purchase order)
-- params: until (instant), stamp (text of it), control_no (text)
SELECT
    j.vendor_id,
    'ship-' || j.vendor_id || '-' || $control_no || '.csv' AS name,
    'H,tieout-shipment-1,' || $control_no || ',' || j.vendor_id || ',' || $stamp || chr(10)
    || 'C,vendor_order_no,order_line_no,sku,quantity,carrier,tracking_no,shipped_at' || chr(10)
    || string_agg(
        concat_ws(
            ',', 'L', j.vendor_order_no, j.order_line_no, j.sku, j.quantity, 'fastship',
            j.tracking_no, strftime(j.shipped_at, '%Y-%m-%dT%H:%M:%SZ')
        ),
        chr(10) ORDER BY j.vendor_order_no, j.order_line_no
    ) || chr(10)
    || 'T,' || count(*) || chr(10) AS body
FROM job AS j
WHERE NOT j.is_shipped AND j.shipped_at <= $until
GROUP BY j.vendor_id
ORDER BY j.vendor_id
