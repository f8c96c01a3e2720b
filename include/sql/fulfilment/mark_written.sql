-- purpose: The orders that now stand in a planned file.
-- reads: the pairs of a vendor order and the effect that carries its file
-- writes: vendor_order (PLANNED to WRITTEN, effect_id)
-- params: vendor_order_ids (bigint[]), effect_ids (bigint[], same order), as_of
UPDATE vendor_order AS o
SET
    status = 'WRITTEN',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'purchase order file planned',
    effect_id = w.effect_id
FROM
    unnest(CAST(:vendor_order_ids AS bigint[]), CAST(:effect_ids AS bigint[]))
        AS w (vendor_order_id, effect_id)
WHERE o.vendor_order_id = w.vendor_order_id
