-- purpose: What is wrong with the tracking numbers of parcels, by their carriers' rules.
-- reads: number_fault (one row per carrier and tracking number that does not hold)
-- writes: parcel (number_fault)
UPDATE parcel AS p
SET number_fault = f.fault
FROM number_fault AS f
WHERE
    p.carrier = f.carrier
    AND p.tracking_no = f.tracking_no
    AND p.number_fault IS DISTINCT FROM f.fault
