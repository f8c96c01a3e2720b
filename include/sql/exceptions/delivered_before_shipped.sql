-- purpose: A parcel whose delivery is dated before its shipping: one of the two dates is wrong.
-- severity: low
-- grace: 0
-- remedy: Ask the vendor and the carrier for their dates; a recycled tracking number is the usual cause.
-- resolves: the dates agree
-- reads: parcel (one row per parcel), vendor_order, sales_order (one row each)
-- writes: one row per parcel
SELECT
    c.carrier || ':' || c.tracking_no || ':' || c.ship_day AS subject,
    c.carrier AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    c.shipped_at AS since,
    ARRAY[
        'partner:' || c.carrier,
        'parcel:' || c.carrier || ':' || c.tracking_no,
        'vendor_order:' || v.vendor_order_no,
        'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object('shipped_at', c.shipped_at, 'delivered_at', c.delivered_at) AS evidence
FROM parcel AS c
INNER JOIN vendor_order AS v ON v.vendor_order_id = c.vendor_order_id
INNER JOIN sales_order AS o ON o.sales_order_id = v.sales_order_id
WHERE c.delivered_at < c.shipped_at
