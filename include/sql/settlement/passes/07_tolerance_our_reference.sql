-- purpose: Pair what our own reference names, near in time, and whose amount is off by a little.
-- name: our reference within tolerance
-- cardinality: one-to-one
-- reference: order_ref
-- keys: gateway, order_ref, kind, currency
-- lines: whose gateway_ref names no payment, since that is stronger than an amount that is only near
-- currency: same
-- tolerance: settings.tolerance_minor, inclusive; the variance is recorded
-- window: settings.window_days, both ways, inclusive, in whole UTC days
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
