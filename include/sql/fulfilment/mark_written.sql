-- purpose: The orders that now stand in a planned file.
-- reads: each vendor order, the effect that carries its file and its place there
-- writes: vendor_order (PLANNED to WRITTEN, effect_id, message_no)
-- params: vendor_order_ids (bigint[]), effect_ids (bigint[], same order), message_nos (integer[], same
--   order), as_of
UPDATE vendor_order AS o
SET
    status = 'WRITTEN',
    status_at = CAST(:as_of AS timestamptz),
    status_reason = 'purchase order file planned',
    effect_id = w.effect_id,
    message_no = w.message_no,
    not_written = NULL
FROM
    unnest(
        CAST(:vendor_order_ids AS bigint[]),
        CAST(:effect_ids AS bigint[]),
        CAST(:message_nos AS integer[])
    ) AS w (vendor_order_id, effect_id, message_no)
WHERE o.vendor_order_id = w.vendor_order_id
