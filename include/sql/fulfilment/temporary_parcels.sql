-- purpose: An empty list of the parcels that a transaction touches.
-- reads: nothing
-- writes: touched_parcel (temporary until the transaction ends)
CREATE TEMPORARY TABLE IF NOT EXISTS touched_parcel (
    parcel_id bigint PRIMARY KEY
) ON COMMIT DROP
