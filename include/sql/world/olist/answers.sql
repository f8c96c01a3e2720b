-- purpose: the acknowledgement files of the jobs that are not answered yet: all is accepted.
-- reads: job (one row per line of a purchase order)
-- params: stamp (text of the instant at which they are written)
SELECT
    j.vendor_id,
    'ack-' || j.vendor_id || '-' || j.control_no || '.csv' AS name,
    'H,tieout-vendor-ack-1,' || j.control_no || ',' || j.vendor_id || ',' || $stamp || chr(10)
    || 'C,vendor_order_no,order_line_no,sku,code,quantity_accepted,quantity_rejected,'
    || 'quantity_backordered,reason,expected_on' || chr(10)
    || string_agg(
        concat_ws(',', 'L', j.vendor_order_no, j.order_line_no, j.sku, 'A', j.quantity, '0,0,,'),
        chr(10) ORDER BY j.vendor_order_no, j.order_line_no
    ) || chr(10)
    || 'T,' || count(*) || chr(10) AS body
FROM job AS j
WHERE NOT j.is_answered
GROUP BY j.vendor_id, j.control_no
ORDER BY j.vendor_id, j.control_no
