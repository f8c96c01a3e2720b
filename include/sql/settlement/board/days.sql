-- purpose: The newest reconciled business date up to a date, and its neighbours.
-- reads: settlement_run (one row per business date)
-- writes: one row: day, before, after (each null where there is none)
-- params: asked (null for the newest of all)
WITH shown AS (
    SELECT max(r.business_date) AS day
    FROM settlement_run AS r
    WHERE r.business_date <= coalesce(cast(:asked AS date), 'infinity')
)

SELECT
    s.day,
    (
        SELECT max(r.business_date) FROM settlement_run AS r
        WHERE r.business_date < s.day
    ) AS before,
    (
        SELECT min(r.business_date) FROM settlement_run AS r
        WHERE r.business_date > coalesce(s.day, '-infinity')
    ) AS after
FROM shown AS s
