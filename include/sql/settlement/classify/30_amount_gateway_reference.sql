-- purpose: Name lines whose gateway reference means an open payment of another amount.
-- cardinality: one-to-one
-- reference: gateway_ref
-- keys: gateway, gateway_ref, kind, currency
-- currency: same
-- window: none
-- tie-break: nearest amount, nearest day, then the lowest ids;
--   a line equally near to payments of unlike amounts is ambiguous
-- repeat: mutual best four times, then by rank until nothing is added
-- reads: neighbours (one row per payment group and line group)
-- writes: candidates (one row per payment group and line group)
SELECT
    payment_group,
    line_group,
    slot_no,
    settle_minor,
    apart_minor,
    apart_days
FROM neighbours
