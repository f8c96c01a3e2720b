-- purpose: The orders whose file is known to have arrived at the vendor.
-- reads: effect (one row per file, CONFIRMED)
-- writes: vendor_order (WRITTEN to DELIVERED)
-- params: vendor_ids (text[]), as_of
UPDATE vendor_order AS o
SET
    status = 'DELIVERED',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'file ' || e.target
FROM effect AS e
WHERE
    o.status = 'WRITTEN'
    AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
    AND o.effect_id = e.effect_id
    AND e.status = 'CONFIRMED'
