-- purpose: Name lines whose order reference means an open payment in another currency.
-- cardinality: one-to-one
-- reference: order_ref
-- keys: gateway, order_ref, kind
-- currency: other
-- window: settings.window_days, inclusive
-- tie-break: nearest amount, nearest day, then the lowest ids;
--   amounts of unlike currencies are never called unlike, so nothing is ambiguous
-- repeat: mutual best four times, then by rank until nothing is added
-- reads: neighbours (one row per payment group and line group)
-- writes: candidates (one row per payment group and line group)
SELECT
    payment_group,
    line_group,
    slot_no,
    CAST(0 AS BIGINT) AS settle_minor,
    apart_minor,
    apart_days
FROM neighbours
