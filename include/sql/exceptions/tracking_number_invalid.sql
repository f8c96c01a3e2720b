-- purpose: A parcel whose tracking number cannot be one of its carrier: other shape, or a check digit that
--   does not fit. The shipment counts; only its news would never come.
-- severity: low
-- grace: 0
-- remedy: Ask the vendor for the number on the label. Do not tell the customer this one.
-- resolves: the carrier reports a scan of that number, so that it is right after all
-- reads: parcel (one row per parcel), vendor_order, sales_order (one row each)
-- writes: one row per parcel
-- params: as_of
SELECT
    c.carrier || ':' || c.tracking_no || ':' || c.ship_day AS subject,
    v.vendor_id AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    c.shipped_at AS since,
    ARRAY[
        'partner:' || v.vendor_id,
        'parcel:' || c.carrier || ':' || c.tracking_no,
        'vendor_order:' || v.vendor_order_no,
        'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object('fault', c.number_fault, 'shipped_at', c.shipped_at) AS evidence
FROM parcel AS c
INNER JOIN vendor_order AS v ON v.vendor_order_id = c.vendor_order_id
INNER JOIN sales_order AS o ON o.sales_order_id = v.sales_order_id
WHERE c.number_fault IS NOT NULL AND c.last_event_at IS NULL AND c.shipped_at <= :as_of
