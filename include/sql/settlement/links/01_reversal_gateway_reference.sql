-- purpose: Point a reversal to what it takes back, by the reference that both carry: chargebacks,
--   refunds, reserves and their releases, transfers, adjustments and fees.
-- name: reversal by gateway reference
-- cardinality: one-to-one
-- reference: gateway_ref
-- keys: gateway, family of kinds, gateway_ref, currency, amount
-- tolerance: none
-- window: not before what it takes back
-- tie-break: the n-th reversal with the n-th line that can be reversed, each side by day, then id
-- reads: opposites (one row per line)
-- writes: reversals (one row per reversal)
SELECT
    t.line_no,
    o.line_no AS related_no
FROM opposites AS t
INNER JOIN opposites AS o
    ON
        t.gateway = o.gateway
        AND t.family = o.family
        AND t.currency = o.currency
        AND t.ref = o.ref
        AND t.size_minor = o.size_minor
        AND t.nth = o.nth
WHERE t.takes = 1 AND o.takes = 0 AND t.booked_day >= o.booked_day
