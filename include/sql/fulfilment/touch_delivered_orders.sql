-- purpose: The vendor orders that were answered before their file was known to have arrived.
-- reads: vendor_order (DELIVERED), vendor_answer
-- writes: touched_order (one row per vendor order)
-- params: vendor_ids (text[])
INSERT INTO touched_order (vendor_order_id)
SELECT DISTINCT o.vendor_order_id
FROM vendor_order AS o
INNER JOIN vendor_answer AS a ON o.vendor_order_no = a.vendor_order_no
WHERE o.status = 'DELIVERED' AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
ON CONFLICT (vendor_order_id) DO NOTHING
