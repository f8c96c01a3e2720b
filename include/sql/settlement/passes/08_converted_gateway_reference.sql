-- purpose: Pair what the gateway's reference names in another currency, where the amount is the
--   payment's at the reference rate, or near to it.
-- name: gateway reference, converted
-- cardinality: one-to-one, converted
-- reference: gateway_ref
-- keys: gateway, gateway_ref, kind; the key has one payment and one line
-- currency: other
-- needs: rates
-- tolerance: settings.fx_band_bps of the converted amount, inclusive; the variance is in the payment's
--   currency
-- window: none; the rate is the newest of the seven days up to the line's
-- tie-break: none: a key with a second payment or a second line is left
-- reads: rated_pairs (one row per payment and line), settings (one row per gateway)
-- writes: candidates (one row per payment and line)
SELECT
    r.payment_no,
    r.line_no,
    r.expected_minor,
    r.worth_minor
FROM rated_pairs AS r
INNER JOIN settings AS s ON r.gateway = s.gateway
WHERE r.off_bps <= s.fx_band_bps
