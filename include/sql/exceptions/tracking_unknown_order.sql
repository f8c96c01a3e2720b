-- purpose: Tracking of a parcel that no vendor announced. A shipment that waits for its acknowledgement
--   has announced its parcel already.
-- severity: medium
-- grace: 24 hours
-- inhibited-by: FILE_REFUSED by doc, ROW_REJECTED by doc, PARTNER_UNREACHABLE by doc
-- remedy: Ask the carrier whose parcel it is, and that vendor for the missing shipment notice.
-- resolves: the shipment notice arrives
-- reads: tracking_event (one row per event), shipment_line (one row per shipped line)
-- writes: one row per carrier and tracking number
-- params: as_of
SELECT
    t.carrier || ':' || t.tracking_no AS subject,
    t.carrier AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    min(t.occurred_at) AS since,
    ARRAY[
        'partner:' || t.carrier, 'parcel:' || t.carrier || ':' || t.tracking_no, 'doc:SHIPMENT'
    ] AS keys,
    jsonb_build_object('events', count(*), 'last_at', max(t.occurred_at)) AS evidence
FROM tracking_event AS t
LEFT JOIN shipment_line AS s ON s.carrier = t.carrier AND s.tracking_no = t.tracking_no
WHERE t.parcel_id IS NULL AND s.shipment_line_id IS NULL AND t.occurred_at <= :as_of
GROUP BY t.carrier, t.tracking_no
