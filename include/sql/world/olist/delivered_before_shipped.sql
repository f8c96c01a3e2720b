-- purpose: how many parcels were delivered before they were shipped, as the world told it.
-- reads: job (one row per line of a purchase order)
-- params: until (inclusive)
SELECT count(DISTINCT j.tracking_no) AS parcels
FROM job AS j
WHERE j.delivered_at < j.shipped_at AND j.shipped_at <= $until
