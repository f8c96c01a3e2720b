-- purpose: Name lines that name a payment that is taken by the gateway's reference.
-- cardinality: each line with its nearest payment, which stays as it is
-- reference: gateway_ref
-- payments: taken
-- keys: gateway, gateway_ref, kind
-- currency: any
-- window: none
-- tie-break: the taken payment nearest in amount, nearest day, then the lowest id
-- code: DUPLICATE_SETTLEMENT
-- reason: payment is already settled
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
