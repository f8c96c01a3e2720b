-- purpose: How each gateway is matched.
-- reads: gateway_account (one row per gateway)
-- writes: rows gateway, window_days, tolerance_minor, overdue_days, fx_band_bps, reserve_days
SELECT
    gateway,
    window_days,
    tolerance_minor,
    overdue_business_days AS overdue_days,
    fx_band_bps,
    reserve_days
FROM gateway_account
ORDER BY gateway
