-- purpose: Pair one payment with all the lines that our own reference gives it, if they add up to it.
-- name: parts by our reference
-- cardinality: one payment to many lines
-- reference: order_ref
-- keys: gateway, order_ref, kind, currency
-- currency: same
-- tolerance: settings.tolerance_minor on the sum, inclusive; the variance is recorded on the last part
-- window: settings.window_days, both ways, inclusive, in whole UTC days, from the first to the last
-- tie-break: none: a key is matched whole or not at all
-- reads: key_sums (one row per key)
-- writes: candidates (one row per key)
SELECT
    key_no,
    currency
FROM key_sums
WHERE
    payments = 1
    AND lines > 1
    AND abs(lines_minor - payments_minor) <= tolerance_minor
