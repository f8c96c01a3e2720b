-- purpose: What the open payments and the open lines of each key come to.
-- reads: pass_payments, pass_lines (one row each), this_pass (one row), settings (one row per gateway)
-- writes: key_sums (one row per key that has both sides, all of them near in time where the pass has a
--   window)
WITH
payment_sums AS (
    SELECT
        gateway,
        ref,
        kind,
        currency,
        count(*) AS payments,
        CAST(sum(settle_minor) AS BIGINT) AS payments_minor,
        min(settle_minor) AS least_payment,
        min(booked_day) AS first_day,
        max(booked_day) AS last_day
    FROM pass_payments
    GROUP BY gateway, ref, kind, currency
),

line_sums AS (
    SELECT
        gateway,
        ref,
        kind,
        currency,
        count(*) AS lines,
        CAST(sum(settle_minor) AS BIGINT) AS lines_minor,
        min(settle_minor) AS least_line,
        min(booked_day) AS first_day,
        max(booked_day) AS last_day
    FROM pass_lines
    GROUP BY gateway, ref, kind, currency
)

SELECT
    p.gateway,
    p.ref,
    p.kind,
    p.currency,
    p.payments,
    p.payments_minor,
    l.lines,
    l.lines_minor,
    s.tolerance_minor
FROM payment_sums AS p
INNER JOIN line_sums AS l
    ON
        p.gateway = l.gateway
        AND p.ref = l.ref
        AND p.kind = l.kind
        AND p.currency = l.currency
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
