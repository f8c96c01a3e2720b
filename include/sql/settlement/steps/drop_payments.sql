-- purpose: Keep the payments that the last step left.
-- reads: open_payments (one row per payment), step (one row per payment and line)
-- writes: open_payments (one row per payment)
WITH taken AS (
    SELECT DISTINCT payment_no
    FROM step
)

SELECT
    p.payment_no,
    p.payment_id,
    p.gateway,
    p.currency,
    p.amount_minor,
    p.settle_minor,
    p.booked_day,
    p.rank_no,
    p.ref_key,
    p.order_key
FROM open_payments AS p
LEFT JOIN taken AS s ON p.payment_no = s.payment_no
WHERE s.payment_no IS NULL
