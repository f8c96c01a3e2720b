-- purpose: What conversion cost per gateway, pair of currencies and month.
-- reads: settlement_fx (one row per gateway, pair of currencies and month)
-- writes: rows as settlement_fx has them, the newest month first
SELECT
    gateway,
    currency,
    settlement_currency,
    month,
    lines,
    lines_out_of_band,
    lines_without_reference,
    expected_minor,
    found_minor,
    cost_minor
FROM settlement_fx
ORDER BY gateway, currency, settlement_currency, month DESC
