-- purpose: Pair what the gateway's reference names and whose amount is off by a little.
-- name: gateway reference within tolerance
-- cardinality: one-to-one
-- keys: gateway, gateway_ref, kind, currency
-- tolerance: settings.tolerance_minor, inclusive; the variance is recorded
-- window: none
-- tie-break: nearest amount, nearest day, then the lowest ids; rows alike in key, amount and day are interchangeable:
--   the n-th payment pairs with the n-th line by id;
--   a line equally near to payments of unlike amounts stays open
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
        l.gateway_ref,
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
        gateway_ref,
        kind,
        currency,
        settle_minor,
        amount_minor,
        booked_day,
        row_number() OVER (
            PARTITION BY
                gateway, gateway_ref, kind, currency, settle_minor, booked_day
            ORDER BY payment_id
        ) AS nth,
        min(payment_no) OVER (
            PARTITION BY
                gateway, gateway_ref, kind, currency, settle_minor, booked_day
        ) AS group_no
    FROM open_payments
    WHERE gateway_ref IS NOT NULL
),

grouped_lines AS (
    SELECT
        line_no,
        line_id,
        gateway,
        gateway_ref,
        kind,
        currency,
        settle_minor,
        gross_minor,
        booked_day,
        row_number() OVER (
            PARTITION BY
                gateway, gateway_ref, kind, currency, settle_minor, booked_day
            ORDER BY line_id
        ) AS nth,
        min(line_no) OVER (
            PARTITION BY
                gateway, gateway_ref, kind, currency, settle_minor, booked_day
        ) AS group_no
    FROM free_lines
    WHERE gateway_ref IS NOT NULL
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
            AND p.gateway_ref = l.gateway_ref
            AND p.kind = l.kind
            AND p.currency = l.currency
    INNER JOIN settings AS s ON p.gateway = s.gateway
    WHERE
        p.nth = 1
        AND l.nth = 1
        AND abs(l.settle_minor - p.settle_minor) <= s.tolerance_minor
),

nearness AS (
    SELECT
        line_group,
        settle_minor,
        rank() OVER (
            PARTITION BY line_group
            ORDER BY apart_minor, apart_days
        ) AS place
    FROM near
),

-- Equally near to payments of unlike amounts: nobody can say which one is meant.
undecided AS (
    SELECT line_group
    FROM nearness
    WHERE place = 1
    GROUP BY line_group
    HAVING min(settle_minor) <> max(settle_minor)
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
    LEFT JOIN undecided AS u ON n.line_group = u.line_group
    WHERE u.line_group IS NULL
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
    CASE
        WHEN p.amount_minor = -p.settle_minor THEN p.settle_minor - l.settle_minor
        ELSE l.settle_minor - p.settle_minor
    END AS variance_minor
FROM best AS b
INNER JOIN grouped_payments AS p ON b.payment_group = p.group_no
INNER JOIN grouped_lines AS l ON b.line_group = l.group_no AND p.nth = l.nth
