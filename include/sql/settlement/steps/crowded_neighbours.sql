-- purpose: The pairs of groups that may be each other's nearest, where a slot has several amounts of
--   payments: the next lower and the next higher amount on the other side. A pair that is not among
--   them has something nearer between its two amounts, so the mutual best of these are the mutual best
--   of all, and a key's work grows with its rows, not with their product.
-- reads: slot_lines (one row per slot and line group), pass_payments (one row per payment)
-- writes: neighbours (one row per payment group and line group)
WITH
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
