-- purpose: Lines equally near to payments of unlike amounts: nobody can say which one is meant. No pass
--   pairs them while it is so.
-- reads: candidates (one row per payment group and line group)
-- writes: contested (one row per line group, with the number of payment groups equally near)
WITH nearness AS (
    SELECT
        line_group,
        settle_minor,
        rank() OVER (
            PARTITION BY line_group
            ORDER BY apart_minor, apart_days
        ) AS place
    FROM candidates
)

SELECT
    line_group,
    count(*) AS candidates
FROM nearness
WHERE place = 1
GROUP BY line_group
HAVING min(settle_minor) <> max(settle_minor)
