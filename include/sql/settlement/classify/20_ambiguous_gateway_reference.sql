-- purpose: Name lines whose gateway reference means equally near payments of unlike amounts.
-- cardinality: one row per line; takes no payment
-- keys: gateway, gateway_ref, kind, currency
-- window: none
-- tie-break: none: the tie is the finding
-- repeat: no
-- reads: open_payments (one row per payment), open_lines (one row per line)
-- writes: cases (one row per line)
WITH
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
    FROM open_lines
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
    WHERE
        p.nth = 1
        AND l.nth = 1
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

counted AS (
    SELECT
        n.line_group,
        count(*) AS candidates
    FROM nearness AS n
    INNER JOIN undecided AS u ON n.line_group = u.line_group
    WHERE n.place = 1
    GROUP BY n.line_group
)

SELECT
    l.line_no,
    l.line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'AMBIGUOUS_MATCH' AS code,
    l.gross_minor AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    'gateway_ref' AS reference,
    'equally near payments' AS reason,
    c.candidates
FROM counted AS c
INNER JOIN grouped_lines AS l ON c.line_group = l.group_no
