-- purpose: the payments of the real orders, each with the gateway and the day on which it settles:
--   the next day from Monday to Friday. Payments of nothing are not settled (settles_on null).
-- reads: payments.csv, orders.csv of Olist (one row per payment, per order)
-- writes: tender (one row per payment)
CREATE TABLE tender AS
SELECT
    t.order_id,
    t.payment_sequential AS seq,
    t.order_id || '-' || t.payment_sequential AS payment_ref,
    t.payment_type AS method,
    CASE WHEN t.payment_type LIKE '%_card' THEN 'adyen' ELSE 'stripe' END AS gateway,
    'G' || upper(left(md5(t.order_id || t.payment_sequential), 11)) AS gateway_ref,
    CAST(t.payment_value * 100 AS BIGINT) AS amount_minor,
    CAST(round_even(t.payment_value * 1.4, 0) AS BIGINT) AS fee_minor,
    o.order_purchase_timestamp AS captured_at,
    CASE
        WHEN t.payment_value > 0
            THEN
                CAST(o.order_purchase_timestamp AS DATE)
                + CASE dayofweek(o.order_purchase_timestamp) WHEN 5 THEN 3 WHEN 6 THEN 2 ELSE 1 END
    END AS settles_on
FROM payments AS t
INNER JOIN orders AS o ON t.order_id = o.order_id
