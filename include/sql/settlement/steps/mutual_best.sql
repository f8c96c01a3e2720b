-- purpose: Of a pass's candidates, those of which each side is the other's best: nearest amount, nearest
--   day, then the lowest id. Repeated on what is left, this equals taking the nearest pair of all,
--   then the nearest of the rest, and so on, whatever the order of rows.
-- reads: candidates (one row per payment group and line group), contested (one row per line group)
-- writes: mutual_best (one row per payment group and line group, each group once)
WITH ranked AS (
    SELECT
        c.payment_group,
        c.line_group,
        row_number() OVER (
            PARTITION BY c.payment_group
            ORDER BY c.apart_minor, c.apart_days, c.line_group
        ) AS rank_for_payment,
        row_number() OVER (
            PARTITION BY c.line_group
            ORDER BY c.apart_minor, c.apart_days, c.payment_group
        ) AS rank_for_line
    FROM candidates AS c
    LEFT JOIN contested AS x ON c.line_group = x.line_group
    WHERE x.line_group IS NULL
)

SELECT
    payment_group,
    line_group
FROM ranked
WHERE rank_for_payment = 1 AND rank_for_line = 1
