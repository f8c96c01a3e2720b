-- purpose: Point the release of a reserve to the oldest reserve of its amount that is still held, where no
--   reference says which: a gateway releases in the order in which it held.
-- name: release by amount
-- cardinality: one-to-one
-- reference: none
-- keys: gateway, currency, amount
-- tolerance: none
-- window: not before the reserve
-- tie-break: the n-th release with the n-th reserve, each side by day, then id
-- reads: opposites (one row per line)
-- writes: reversals (one row per release)
SELECT
    t.line_no,
    o.line_no AS related_no
FROM opposites AS t
INNER JOIN opposites AS o
    ON
        t.gateway = o.gateway
        AND t.family = o.family
        AND t.currency = o.currency
        AND t.size_minor = o.size_minor
        AND t.nth = o.nth
WHERE t.family = 'reserve' AND t.takes = 1 AND o.takes = 0 AND t.booked_day >= o.booked_day
