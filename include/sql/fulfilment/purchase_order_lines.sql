-- purpose: What the purchase orders of some vendors say, for all orders that are to be written.
-- reads: ordered_line (one row per vendor order line, PLANNED)
-- writes: nothing; returns one row per vendor order line, those of one vendor together
-- params: vendor_ids (text[])
SELECT l.* FROM ordered_line AS l
WHERE l.status = 'PLANNED' AND l.vendor_id = ANY(CAST(:vendor_ids AS text[]))
ORDER BY l.vendor_id, l.vendor_order_id, l.order_line_no
