-- purpose: Pair one payment with all the lines that the gateway's reference gives it, if they add up to it.
-- name: parts by gateway reference
-- cardinality: one payment to many lines
-- reference: gateway_ref
-- keys: gateway, gateway_ref, kind, currency
-- currency: same
-- tolerance: settings.tolerance_minor on the sum, inclusive; the variance is recorded on the last part
-- window: none
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
