-- purpose: Tell the planner how many parcels a transaction touches.
-- reads: touched_parcel
-- writes: nothing
ANALYZE touched_parcel
