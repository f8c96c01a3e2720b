-- purpose: Pair what the gateway's reference names and whose amount is off by a little.
-- name: gateway reference within tolerance
-- cardinality: one-to-one
-- reference: gateway_ref
-- keys: gateway, gateway_ref, kind, currency
-- currency: same
-- tolerance: settings.tolerance_minor, inclusive; the variance is recorded
-- window: none
-- tie-break: nearest amount, nearest day, then the lowest ids; rows alike in key, amount and day are
--   interchangeable: the n-th payment pairs with the n-th line by id;
--   a line equally near to payments of unlike amounts stays open
-- repeat: until nothing is added
-- reads: neighbours (one row per payment group and line group), settings (one row per gateway)
-- writes: candidates (one row per payment group and line group)
SELECT
    n.payment_group,
    n.line_group,
    n.slot_no,
    n.settle_minor,
    n.apart_minor,
    n.apart_days
FROM neighbours AS n
INNER JOIN settings AS s ON n.gateway = s.gateway
WHERE n.apart_minor <= s.tolerance_minor
