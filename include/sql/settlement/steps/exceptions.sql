-- purpose: Every case with the facts of its line and payment, late payments beside them.
-- reads: cases (one row per case), near_lines (one row per line that the exact pass left),
--   near_payments (one row per payment that such a line may mean), rest_payments (one row per
--   payment that nothing took)
-- writes: exceptions (one row per case)
SELECT
    c.code,
    p.payment_id,
    l.line_id,
    c.at_risk_minor AS amount_minor,
    l.currency,
    c.reason,
    c.reference,
    c.candidates,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.kind,
    l.gross_minor AS settled_minor,
    p.amount_minor AS expected_minor,
    p.currency AS expected_currency,
    abs(l.booked_day - coalesce(p.booked_day, r.booked_day)) AS days_apart,
    r.payment_id AS related_payment_id,
    coalesce(r.taken_by, k.line_id) AS related_line_id
FROM cases AS c
INNER JOIN near_lines AS l ON c.line_no = l.line_no
LEFT JOIN near_payments AS p ON c.payment_no = p.payment_no
LEFT JOIN near_payments AS r ON c.related_no = r.payment_no
LEFT JOIN taken AS k ON c.related_no = k.payment_no
UNION ALL
SELECT
    'SETTLEMENT_OVERDUE' AS code,
    payment_id,
    NULL AS line_id,
    amount_minor,
    currency,
    'no line by the due time' AS reason,
    NULL AS reference,
    CAST(0 AS BIGINT) AS candidates,
    gateway,
    gateway_ref,
    order_ref,
    kind,
    NULL AS settled_minor,
    amount_minor AS expected_minor,
    currency AS expected_currency,
    NULL AS days_apart,
    NULL AS related_payment_id,
    NULL AS related_line_id
FROM rest_payments
WHERE is_late = 1
