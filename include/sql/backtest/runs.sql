-- purpose: The reconciliations of some business dates, and which dates a person has closed.
-- reads: settlement_run, settlement_period (one row per business date, per period)
-- writes: rows day, as_of, is_closed
-- params: first_day, last_day
SELECT
    r.business_date AS day,
    r.as_of,
    EXISTS(
        SELECT 1 FROM settlement_period AS p
        WHERE r.business_date BETWEEN p.first_day AND p.last_day AND p.status <> 'OPEN'
    ) AS is_closed
FROM settlement_run AS r
WHERE r.business_date BETWEEN :first_day AND :last_day
ORDER BY r.business_date
