-- purpose: What the open payments and the open lines of each key come to.
-- reads: open_payments, open_lines (one row each), this_pass (one row), settings (one row per gateway)
-- writes: key_sums (one row per key that has both sides, all of them near in time where the pass has a
--   window)
WITH
payment_keys AS (
    SELECT
        p.gateway,
        p.currency,
        p.settle_minor,
        p.booked_day,
        CASE WHEN t.reference = 'gateway_ref' THEN p.ref_key ELSE p.order_key END AS key_no
    FROM open_payments AS p
    CROSS JOIN this_pass AS t
),

line_keys AS (
    SELECT
        l.currency,
        l.settle_minor,
        l.booked_day,
        CASE WHEN t.reference = 'gateway_ref' THEN l.ref_key ELSE l.order_key END AS key_no
    FROM open_lines AS l
    INNER JOIN this_pass AS t ON l.bond <= t.strongest_bond
),

payment_sums AS (
    SELECT
        key_no,
        currency,
        min(gateway) AS gateway,
        count(*) AS payments,
        CAST(sum(settle_minor) AS BIGINT) AS payments_minor,
        min(settle_minor) AS least_payment,
        min(booked_day) AS first_day,
        max(booked_day) AS last_day
    FROM payment_keys
    GROUP BY key_no, currency
),

line_sums AS (
    SELECT
        key_no,
        currency,
        count(*) AS lines,
        CAST(sum(settle_minor) AS BIGINT) AS lines_minor,
        min(settle_minor) AS least_line,
        min(booked_day) AS first_day,
        max(booked_day) AS last_day
    FROM line_keys
    GROUP BY key_no, currency
)

SELECT
    p.key_no,
    p.currency,
    p.payments,
    p.payments_minor,
    l.lines,
    l.lines_minor,
    s.tolerance_minor
FROM payment_sums AS p
INNER JOIN line_sums AS l ON p.key_no = l.key_no AND p.currency = l.currency
INNER JOIN settings AS s ON p.gateway = s.gateway
CROSS JOIN this_pass AS t
WHERE
    p.least_payment > 0
    AND l.least_line > 0
    AND (
        t.in_window = 0
        OR (
            l.last_day - p.first_day <= s.window_days
            AND p.last_day - l.first_day <= s.window_days
        )
    )
