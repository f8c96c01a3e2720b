-- purpose: How many orders of some vendors have not been delivered to them.
-- reads: vendor_order (one row per order and vendor, PLANNED or WRITTEN)
-- writes: nothing; returns one row
-- params: vendor_ids (text[])
SELECT count(*) AS waiting FROM vendor_order AS o
WHERE o.status IN ('PLANNED', 'WRITTEN') AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
