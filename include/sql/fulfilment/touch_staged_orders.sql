-- purpose: The vendor orders of which the staged rows speak.
-- reads: staged (one row per answered or shipped line), vendor_order
-- writes: touched_order (one row per vendor order)
INSERT INTO touched_order (vendor_order_id)
SELECT o.vendor_order_id
FROM vendor_order AS o
WHERE o.vendor_order_no IN (SELECT s.vendor_order_no FROM staged AS s)
ON CONFLICT (vendor_order_id) DO NOTHING
