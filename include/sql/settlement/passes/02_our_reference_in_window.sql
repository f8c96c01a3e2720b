-- purpose: Pair what our own reference names, to the last minor unit and near in time.
-- name: our reference in window
-- cardinality: one-to-one
-- keys: gateway, order_ref, kind, currency, amount
-- tolerance: none
-- window: settings.window_days, both ways, inclusive, in whole UTC days
-- tie-break: nearest day, then the lowest ids; rows alike in key, amount and day are interchangeable:
--   the n-th payment pairs with the n-th line by id
-- repeat: until nothing is added
-- reads: open_payments (one row per payment), open_lines (one row per line),
--   taken_payments (one row per payment already taken),
--   settings (one row per gateway)
-- writes: pairs (one row per payment and line)
WITH
-- A line that repeats a taken payment's own reference and amount is its duplicate, not news.
copies AS (
    SELECT DISTINCT l.line_no
    FROM open_lines AS l
    INNER JOIN taken_payments AS t
        ON
            l.gateway = t.gateway
            AND l.gateway_ref = t.gateway_ref
            AND l.kind = t.kind
            AND l.currency = t.currency
            AND l.settle_minor = t.settle_minor
),

free_lines AS (
    SELECT
        l.line_no,
        l.line_id,
        l.gateway,
        l.order_ref,
        l.kind,
        l.currency,
        l.settle_minor,
        l.gross_minor,
        l.booked_day
    FROM open_lines AS l
    LEFT JOIN copies AS c ON l.line_no = c.line_no
    WHERE c.line_no IS NULL
),

grouped_payments AS (
    SELECT
        payment_no,
        payment_id,
        gateway,
        order_ref,
        kind,
        currency,
        settle_minor,
        amount_minor,
        booked_day,
        row_number() OVER (
            PARTITION BY
                gateway, order_ref, kind, currency, settle_minor, booked_day
            ORDER BY payment_id
        ) AS nth,
        min(payment_no) OVER (
            PARTITION BY
                gateway, order_ref, kind, currency, settle_minor, booked_day
        ) AS group_no
    FROM open_payments
    WHERE order_ref IS NOT NULL
),

grouped_lines AS (
    SELECT
        line_no,
        line_id,
        gateway,
        order_ref,
        kind,
        currency,
        settle_minor,
        gross_minor,
        booked_day,
        row_number() OVER (
            PARTITION BY
                gateway, order_ref, kind, currency, settle_minor, booked_day
            ORDER BY line_id
        ) AS nth,
        min(line_no) OVER (
            PARTITION BY
                gateway, order_ref, kind, currency, settle_minor, booked_day
        ) AS group_no
    FROM free_lines
    WHERE order_ref IS NOT NULL
),

candidates AS (
    SELECT
        p.group_no AS payment_group,
        l.group_no AS line_group,
        row_number() OVER (
            PARTITION BY p.group_no
            ORDER BY abs(l.booked_day - p.booked_day), l.line_id
        ) AS rank_for_payment,
        row_number() OVER (
            PARTITION BY l.group_no
            ORDER BY abs(l.booked_day - p.booked_day), p.payment_id
        ) AS rank_for_line
    FROM grouped_payments AS p
    INNER JOIN grouped_lines AS l
        ON
            p.gateway = l.gateway
            AND p.order_ref = l.order_ref
            AND p.kind = l.kind
            AND p.currency = l.currency
            AND p.settle_minor = l.settle_minor
    INNER JOIN settings AS s ON p.gateway = s.gateway
    WHERE
        p.nth = 1
        AND l.nth = 1
        AND abs(l.booked_day - p.booked_day) <= s.window_days
),

best AS (
    SELECT
        payment_group,
        line_group
    FROM candidates
    WHERE rank_for_payment = 1 AND rank_for_line = 1
)

SELECT
    p.payment_no,
    l.line_no,
    p.payment_id,
    l.line_id,
    p.gateway,
    p.currency,
    p.amount_minor,
    l.gross_minor,
    CAST(0 AS BIGINT) AS variance_minor
FROM best AS b
INNER JOIN grouped_payments AS p ON b.payment_group = p.group_no
INNER JOIN grouped_lines AS l ON b.line_group = l.group_no AND p.nth = l.nth
