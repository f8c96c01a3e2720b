-- purpose: The near payments that nothing has taken, in numbers only, for the passes to work on.
-- reads: near_payments (one row per payment), taken (one row per payment of a crowded key that is paired)
-- writes: open_payments (one row per payment)
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
FROM near_payments AS p
LEFT JOIN taken AS k ON p.payment_no = k.payment_no
WHERE p.taken_by IS NULL AND k.payment_no IS NULL
