-- purpose: The payments that an open line can mean by either reference, taken or not. All later
--   work is on these, so that it is proportional to what the first pass left, not to all payments.
-- reads: all_payments (one row per payment; settled_by is the line of an earlier run), open_lines (one
--   row per line), step (pairs of the first pass)
-- writes: near_payments (one row per payment; taken_by is the line that took it)
WITH reachable AS (
    SELECT p.payment_no
    FROM all_payments AS p
    INNER JOIN open_lines AS l
        ON p.gateway = l.gateway AND p.gateway_ref = l.gateway_ref
    UNION
    SELECT p.payment_no
    FROM all_payments AS p
    INNER JOIN open_lines AS l
        ON p.gateway = l.gateway AND p.order_ref = l.order_ref
)

SELECT
    p.payment_no,
    p.payment_id,
    p.order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.currency,
    p.amount_minor,
    p.settle_minor,
    p.booked_day,
    p.carried,
    coalesce(p.settled_by, s.line_id) AS taken_by
FROM all_payments AS p
INNER JOIN reachable AS r ON p.payment_no = r.payment_no
LEFT JOIN step AS s ON p.payment_no = s.payment_no
