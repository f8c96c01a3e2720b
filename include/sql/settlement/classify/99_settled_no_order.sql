-- purpose: Name every line that is left: nothing that we sold explains it.
-- cardinality: one row per line; takes no payment
-- keys: gateway, order_ref, kind (for the near miss only)
-- window: none
-- tie-break: the open payment nearest in time, then the lowest id
-- repeat: no
-- reads: open_payments (one row per payment), open_lines (one row per line)
-- writes: cases (one row per line)
WITH near_miss AS (
    SELECT
        l.line_no,
        p.payment_no,
        row_number() OVER (
            PARTITION BY l.line_no
            ORDER BY
                abs(l.booked_day - p.booked_day),
                abs(l.settle_minor - p.settle_minor),
                p.payment_id
        ) AS place,
        count(*) OVER (PARTITION BY l.line_no) AS candidates
    FROM open_lines AS l
    INNER JOIN open_payments AS p
        ON
            l.gateway = p.gateway
            AND l.order_ref = p.order_ref
            AND l.kind = p.kind
)

SELECT
    l.line_no,
    l.line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'SETTLED_NO_ORDER' AS code,
    l.gross_minor AS at_risk_minor,
    n.payment_no AS related_no,
    CASE WHEN n.payment_no IS NOT NULL THEN 'order_ref' END AS reference,
    CASE
        WHEN l.gateway_ref IS NULL AND l.order_ref IS NULL THEN 'no reference'
        WHEN n.payment_no IS NOT NULL THEN 'outside the window'
        ELSE 'unknown reference'
    END AS reason,
    coalesce(n.candidates, 0) AS candidates
FROM open_lines AS l
LEFT JOIN near_miss AS n ON l.line_no = n.line_no AND n.place = 1
