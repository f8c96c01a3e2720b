-- purpose: Name further lines of a payment that is taken, by our own reference.
-- cardinality: one row per line; takes no payment
-- keys: gateway, order_ref, kind
-- window: none
-- tie-break: the taken payment nearest in amount, then the lowest id
-- repeat: no
-- reads: open_lines (one row per line), taken_payments (one row per payment already taken)
-- writes: cases (one row per line)
WITH found AS (
    SELECT
        l.line_no,
        l.line_id,
        l.gross_minor,
        t.payment_no,
        row_number() OVER (
            PARTITION BY l.line_no
            ORDER BY abs(l.settle_minor - t.settle_minor), t.payment_id
        ) AS place,
        count(*) OVER (PARTITION BY l.line_no) AS candidates
    FROM open_lines AS l
    INNER JOIN taken_payments AS t
        ON
            l.gateway = t.gateway
            AND l.order_ref = t.order_ref
            AND l.kind = t.kind
)

SELECT
    line_no,
    line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'DUPLICATE_SETTLEMENT' AS code,
    gross_minor AS at_risk_minor,
    payment_no AS related_no,
    'order_ref' AS reference,
    'payment is already settled' AS reason,
    candidates
FROM found
WHERE place = 1
