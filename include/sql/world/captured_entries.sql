-- purpose: which entries the storefront has captured between two instants.
-- reads: order_entry (one row per order line)
-- params: first, last (timestamptz, both inclusive)
SELECT DISTINCT e.entry_id::text AS entry_id
FROM order_entry AS e
WHERE e.captured_at BETWEEN :first AND :last
