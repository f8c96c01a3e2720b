-- purpose: The grace that was learned by each business date.
-- reads: settlement_run (one row per business date), settlement_lag (one row per gateway and method)
-- writes: rows day, gateway, method, learned_days
-- params: first_day, last_day
SELECT
    r.business_date AS day,
    g.gateway,
    g.method,
    g.learned_days
FROM settlement_run AS r
CROSS JOIN LATERAL settlement_lag(r.business_date) AS g
WHERE r.business_date BETWEEN :first_day AND :last_day AND g.learned_days IS NOT NULL
