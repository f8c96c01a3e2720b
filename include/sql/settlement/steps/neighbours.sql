-- purpose: Of a pass's payments and lines, the pairs of groups that may be each other's nearest: for
--   every day of payments, the next lower and the next higher amount on the other side. A pair
--   that is not among them has something nearer between its two amounts, so the mutual best of these
--   are the mutual best of all, and a key's work grows with its rows, not with their product.
-- reads: pass_payments, pass_lines (one row each), this_pass (one row), settings (one row per gateway)
-- writes: neighbours (one row per payment group and line group)
WITH
payment_groups AS (
    SELECT
        group_no,
        gateway,
        ref,
        kind,
        currency,
        settle_minor,
        booked_day,
        min(group_no) OVER (PARTITION BY gateway, ref, kind, currency, booked_day) AS slot_no
    FROM pass_payments
    WHERE nth = 1
),

-- A slot is what the payments of one key and day are compared with.
slots AS (
    SELECT
        p.slot_no,
        p.gateway,
        p.ref,
        p.kind,
        p.currency,
        p.booked_day,
        t.currency AS currencies,
        CASE WHEN t.in_window = 1 THEN s.window_days END AS window_days
    FROM payment_groups AS p
    INNER JOIN settings AS s ON p.gateway = s.gateway
    CROSS JOIN this_pass AS t
    WHERE p.group_no = p.slot_no
),

slot_lines AS (
    SELECT
        s.slot_no,
        l.group_no,
        l.settle_minor,
        abs(l.booked_day - s.booked_day) AS apart_days
    FROM slots AS s
    INNER JOIN pass_lines AS l
        ON
            s.gateway = l.gateway
            AND s.ref = l.ref
            AND s.kind = l.kind
    WHERE
        l.nth = 1
        AND (s.window_days IS NULL OR abs(l.booked_day - s.booked_day) <= s.window_days)
        AND s.currencies IN ('any', CASE WHEN s.currency = l.currency THEN 'same' ELSE 'other' END)
),

levels AS (
    SELECT
        p.slot_no,
        p.settle_minor,
        p.settle_minor AS payment_minor,
        CAST(NULL AS BIGINT) AS line_minor
    FROM payment_groups AS p
    INNER JOIN (SELECT DISTINCT slot_no FROM slot_lines) AS s ON p.slot_no = s.slot_no
    UNION ALL
    SELECT DISTINCT
        slot_no,
        settle_minor,
        CAST(NULL AS BIGINT) AS payment_minor,
        settle_minor AS line_minor
    FROM slot_lines
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
    p.group_no AS payment_group,
    l.group_no AS line_group,
    a.slot_no,
    p.gateway,
    p.settle_minor,
    abs(l.settle_minor - p.settle_minor) AS apart_minor,
    l.apart_days
FROM adjacent AS a
INNER JOIN payment_groups AS p ON a.slot_no = p.slot_no AND a.payment_minor = p.settle_minor
INNER JOIN slot_lines AS l ON a.slot_no = l.slot_no AND a.line_minor = l.settle_minor
