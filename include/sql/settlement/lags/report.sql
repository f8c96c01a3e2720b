-- purpose: The settlement lag per gateway and method as known on a business date, and the grace that follows.
-- reads: settlement_lag_day (by settlement_lag)
-- writes: rows gateway, method, matches, p50_days, p99_days, fixed_days, learned_days, grace_days
-- params: business_date
SELECT
    gateway,
    method,
    matches,
    p50_days,
    p99_days,
    fixed_days,
    learned_days,
    coalesce(learned_days, fixed_days) AS grace_days
FROM settlement_lag(:business_date)
ORDER BY gateway, method
