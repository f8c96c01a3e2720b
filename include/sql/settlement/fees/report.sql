-- purpose: Fees per gateway, currency and month: expected, found, and the difference.
-- reads: settlement_fee (one row per gateway, currency and month)
-- writes: rows as settlement_fee has them, the newest month first
SELECT
    gateway,
    currency,
    month,
    lines,
    amount_minor,
    expected_minor,
    found_minor,
    variance_minor,
    lines_without_rate,
    found_without_rate_minor
FROM settlement_fee
ORDER BY gateway, currency, month DESC
