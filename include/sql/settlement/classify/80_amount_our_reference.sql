-- purpose: Name lines whose order reference means an open payment of another amount.
-- cardinality: one-to-one
-- keys: gateway, order_ref, kind, currency
-- window: settings.window_days, inclusive
-- tie-break: nearest amount, nearest day, then the lowest ids
-- repeat: until nothing is added
-- reads: open_payments (one row per payment), open_lines (one row per line),
--   settings (one row per gateway)
-- writes: cases (one row per line and the payment it means)
WITH
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
    FROM open_lines
    WHERE order_ref IS NOT NULL
),

near AS (
    SELECT
        p.group_no AS payment_group,
        l.group_no AS line_group,
        p.payment_id AS first_payment,
        l.line_id AS first_line,
        p.settle_minor,
        abs(l.settle_minor - p.settle_minor) AS apart_minor,
        abs(l.booked_day - p.booked_day) AS apart_days
    FROM grouped_payments AS p
    INNER JOIN grouped_lines AS l
        ON
            p.gateway = l.gateway
            AND p.order_ref = l.order_ref
            AND p.kind = l.kind
            AND p.currency = l.currency
    INNER JOIN settings AS s ON p.gateway = s.gateway
    WHERE
        p.nth = 1
        AND l.nth = 1
        AND abs(l.booked_day - p.booked_day) <= s.window_days
),

candidates AS (
    SELECT
        n.payment_group,
        n.line_group,
        row_number() OVER (
            PARTITION BY n.payment_group
            ORDER BY n.apart_minor, n.apart_days, n.first_line
        ) AS rank_for_payment,
        row_number() OVER (
            PARTITION BY n.line_group
            ORDER BY n.apart_minor, n.apart_days, n.first_payment
        ) AS rank_for_line
    FROM near AS n
),

best AS (
    SELECT
        payment_group,
        line_group
    FROM candidates
    WHERE rank_for_payment = 1 AND rank_for_line = 1
)

SELECT
    l.line_no,
    l.line_id,
    p.payment_no,
    CASE
        WHEN l.settle_minor < p.settle_minor THEN 'AMOUNT_UNDER'
        ELSE 'AMOUNT_OVER'
    END AS code,
    abs(l.settle_minor - p.settle_minor) AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    'order_ref' AS reference,
    'beyond tolerance' AS reason,
    CAST(1 AS BIGINT) AS candidates
FROM best AS b
INNER JOIN grouped_payments AS p ON b.payment_group = p.group_no
INNER JOIN grouped_lines AS l ON b.line_group = l.group_no AND p.nth = l.nth
