-- purpose: The periods that touch these days, and the newest reconciled date, its payouts included where there are
--   any.
-- reads: settlement_period (one row per period), settlement_run, payout_run (one row per business date)
-- writes: rows period_id, first_day, last_day, status, newest (one row at least; period_id null where none
--   touches)
-- params: first_day, last_day
SELECT
    p.settlement_period_id AS period_id,
    p.first_day,
    p.last_day,
    p.status,
    r.newest
FROM (
    SELECT least(max(s.business_date), (SELECT max(o.business_date) FROM payout_run AS o)) AS newest
    FROM settlement_run AS s
) AS r
LEFT JOIN settlement_period AS p ON p.first_day <= :last_day AND p.last_day >= :first_day
ORDER BY p.first_day
