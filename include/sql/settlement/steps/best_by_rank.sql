-- purpose: Of a naming's candidates, the n-th payment with the n-th line of a day, by amount and id. In a
--   crowd each pair that is made changes what is nearest to the next, one after the other; a naming
--   follows that for some rounds, and then gives the rest of the crowd a payment each.
-- reads: candidates (one row per payment group and line group), contested (one row per line group)
-- writes: mutual_best (one row per payment group and line group, each group once)
WITH
line_slots AS (
    SELECT
        c.line_group,
        min(c.slot_no) AS slot_no,
        min(c.settle_minor) AS settle_minor
    FROM candidates AS c
    LEFT JOIN contested AS x ON c.line_group = x.line_group
    WHERE x.line_group IS NULL
    GROUP BY c.line_group
),

ranked_lines AS (
    SELECT
        slot_no,
        line_group,
        row_number() OVER (PARTITION BY slot_no ORDER BY settle_minor, line_group) AS nth
    FROM line_slots
),

slot_payments AS (
    SELECT DISTINCT
        slot_no,
        payment_group,
        settle_minor
    FROM candidates
),

ranked_payments AS (
    SELECT
        slot_no,
        payment_group,
        row_number() OVER (PARTITION BY slot_no ORDER BY settle_minor, payment_group) AS nth
    FROM slot_payments
)

SELECT
    p.payment_group,
    l.line_group
FROM ranked_payments AS p
INNER JOIN ranked_lines AS l ON p.slot_no = l.slot_no AND p.nth = l.nth
