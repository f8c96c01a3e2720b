-- purpose: write the gateways' accounts; what a known account had is replaced.
-- reads: new_account (one row per gateway)
-- writes: gateway_account
-- params: none
INSERT INTO gateway_account (
    gateway, account, window_days, tolerance_minor, overdue_business_days, write_off_limit_minor,
    fx_band_bps, lag_spare_days, reserve_days
)
SELECT
    n.gateway,
    n.account,
    n.window_days,
    n.tolerance_minor,
    n.overdue_business_days,
    n.write_off_limit_minor,
    n.fx_band_bps,
    n.lag_spare_days,
    n.reserve_days
FROM new_account AS n
ORDER BY n.gateway
ON CONFLICT (gateway) DO UPDATE SET
    account = excluded.account,
    window_days = excluded.window_days,
    tolerance_minor = excluded.tolerance_minor,
    overdue_business_days = excluded.overdue_business_days,
    write_off_limit_minor = excluded.write_off_limit_minor,
    fx_band_bps = excluded.fx_band_bps,
    lag_spare_days = excluded.lag_spare_days,
    reserve_days = excluded.reserve_days
