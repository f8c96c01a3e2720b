-- purpose: Pair what our own reference names, to the last minor unit and near in time.
-- name: our reference in window
-- cardinality: one-to-one
-- reference: order_ref
-- keys: gateway, order_ref, kind, currency, amount
-- currency: same
-- tolerance: none
-- window: settings.window_days, both ways, inclusive, in whole UTC days
-- tie-break: nearest day, then the lowest ids; rows alike in key, amount and day are interchangeable:
--   the n-th payment pairs with the n-th line by id
-- repeat: until nothing is added
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
WHERE apart_minor = 0
