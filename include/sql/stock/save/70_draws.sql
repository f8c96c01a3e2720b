-- purpose: note what was routed to a vendor because its feed had it.
-- reads: decision (one row per line)
-- writes: vendor_draw (one row per line)
-- params: as_of
INSERT INTO vendor_draw (order_line_id, vendor_id, sku, quantity, drawn_at)
SELECT
    d.order_line_id,
    d.vendor_id,
    d.sku,
    d.route AS quantity,
    CAST(:as_of AS timestamptz) AS drawn_at
FROM decision AS d
WHERE d.is_own AND d.route > 0
ORDER BY d.order_line_id
