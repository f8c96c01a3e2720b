-- purpose: Mark the payments that the last step took, each by its first line.
-- reads: near_payments (one row per payment), step (one row per payment and line)
-- writes: near_payments (one row per payment)
WITH taken AS (
    SELECT
        payment_no,
        min(line_id) AS line_id
    FROM step
    GROUP BY payment_no
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
    p.key_code,
    coalesce(p.taken_by, s.line_id) AS taken_by,
    p.rank_no
FROM near_payments AS p
LEFT JOIN taken AS s ON p.payment_no = s.payment_no
