-- purpose: Of a pass's payments and lines, the pairs of groups that may be each other's nearest: for
--   every day of payments, the next lower and the next higher amount on the other side. A pair
--   that is not among them has something nearer between its two amounts, so the mutual best of these
--   are the mutual best of all, and a key's work grows with its rows, not with their product. Where
--   the day has one amount of payments, as nearly all have, every line is next to it.
-- reads: pass_payments, pass_lines (one row each), this_pass (one row), settings (one row per gateway)
-- writes: neighbours (one row per payment group and line group)
WITH
-- A slot is what the payments of one key and day are compared with.
slots AS (
    SELECT
        p.key_no,
        p.currency,
        p.booked_day,
        min(p.gateway) AS gateway,
        min(p.group_no) AS slot_no,
        min(p.settle_minor) AS least_minor,
        max(p.settle_minor) AS most_minor
    FROM pass_payments AS p
    WHERE p.nth = 1
    GROUP BY p.key_no, p.currency, p.booked_day
),

slot_lines AS (
    SELECT
        s.slot_no,
        s.gateway,
        s.key_no,
        s.currency,
        s.booked_day,
        s.least_minor,
        s.most_minor,
        l.group_no,
        l.settle_minor,
        abs(l.booked_day - s.booked_day) AS apart_days
    FROM slots AS s
    INNER JOIN pass_lines AS l ON s.key_no = l.key_no
    INNER JOIN settings AS g ON s.gateway = g.gateway
    CROSS JOIN this_pass AS t
    WHERE
        l.nth = 1
        AND (t.in_window = 0 OR abs(l.booked_day - s.booked_day) <= g.window_days)
        AND t.currency IN ('any', CASE WHEN s.currency = l.currency THEN 'same' ELSE 'other' END)
),

crowds AS (
    SELECT DISTINCT
        slot_no,
        key_no,
        currency,
        booked_day
    FROM slot_lines
    WHERE least_minor < most_minor
),

crowd_payments AS (
    SELECT
        c.slot_no,
        p.group_no,
        p.settle_minor
    FROM crowds AS c
    INNER JOIN pass_payments AS p
        ON
            c.key_no = p.key_no
            AND c.currency = p.currency
            AND c.booked_day = p.booked_day
    WHERE p.nth = 1
),

levels AS (
    SELECT
        slot_no,
        settle_minor,
        settle_minor AS payment_minor,
        CAST(NULL AS BIGINT) AS line_minor
    FROM crowd_payments
    UNION ALL
    SELECT DISTINCT
        slot_no,
        settle_minor,
        CAST(NULL AS BIGINT) AS payment_minor,
        settle_minor AS line_minor
    FROM slot_lines
    WHERE least_minor < most_minor
),

around AS (
    SELECT
        slot_no,
        payment_minor,
        line_minor,
        max(payment_minor) OVER (PARTITION BY slot_no ORDER BY settle_minor) AS payment_below,
        min(payment_minor) OVER (PARTITION BY slot_no ORDER BY settle_minor DESC) AS payment_above,
        max(line_minor) OVER (PARTITION BY slot_no ORDER BY settle_minor) AS line_below,
        min(line_minor) OVER (PARTITION BY slot_no ORDER BY settle_minor DESC) AS line_above
    FROM levels
),

adjacent AS (
    SELECT
        slot_no,
        coalesce(payment_minor, payment_below) AS payment_minor,
        coalesce(line_minor, line_below) AS line_minor
    FROM around
    UNION
    SELECT
        slot_no,
        coalesce(payment_minor, payment_above) AS payment_minor,
        coalesce(line_minor, line_above) AS line_minor
    FROM around
)

SELECT
    slot_no AS payment_group,
    group_no AS line_group,
    slot_no,
    gateway,
    least_minor AS settle_minor,
    abs(settle_minor - least_minor) AS apart_minor,
    apart_days
FROM slot_lines
WHERE least_minor = most_minor
UNION ALL
SELECT
    p.group_no AS payment_group,
    l.group_no AS line_group,
    a.slot_no,
    l.gateway,
    p.settle_minor,
    abs(l.settle_minor - p.settle_minor) AS apart_minor,
    l.apart_days
FROM adjacent AS a
INNER JOIN crowd_payments AS p ON a.slot_no = p.slot_no AND a.payment_minor = p.settle_minor
INNER JOIN slot_lines AS l ON a.slot_no = l.slot_no AND a.line_minor = l.settle_minor
