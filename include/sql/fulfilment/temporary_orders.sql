-- purpose: An empty list of the vendor orders that a transaction touches.
-- reads: nothing
-- writes: touched_order (temporary until the transaction ends)
CREATE TEMPORARY TABLE IF NOT EXISTS touched_order (
    vendor_order_id bigint PRIMARY KEY
) ON COMMIT DROP
