-- purpose: Name lines that name an open payment by our own reference, but too far off in time.
-- cardinality: each line with its nearest payment, which stays as it is
-- reference: order_ref
-- payments: open
-- keys: gateway, order_ref, kind
-- currency: any
-- window: none
-- tie-break: the open payment nearest in amount, nearest day, then the lowest id
-- code: SETTLED_NO_ORDER
-- reason: outside the window
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
