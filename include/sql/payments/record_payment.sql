-- purpose: a refund, or a charge of a kept card for an order that was there before, as a payment of that
--   order. The charges of an entry become payments when intake takes the entry in.
-- reads: payment_attempt, tender (one row each), sales_order (the order of the tender), payment
-- writes: payment (at most one row)
-- params: attempt_id, as_of
INSERT INTO payment (
    payment_ref, sales_order_id, seq, kind, method, gateway, gateway_ref, currency, amount_minor,
    captured_at, state
)
SELECT
    CASE WHEN a.kind = 'REFUND' THEN a.our_ref ELSE a.payment_ref END AS payment_ref,
    o.sales_order_id,
    1 + coalesce((
        SELECT max(p.seq) FROM payment AS p
        WHERE p.sales_order_id = o.sales_order_id
    ), 0) AS seq,
    CASE WHEN a.kind = 'REFUND' THEN 'refund' ELSE 'charge' END AS kind,
    'card' AS method,
    a.gateway,
    a.gateway_ref,
    a.currency,
    coalesce(a.answered_minor, a.amount_minor) AS amount_minor,
    :as_of,
    'CAPTURED' AS state
FROM payment_attempt AS a
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
INNER JOIN sales_order AS o
    ON t.sales_order_id = o.sales_order_id OR t.entry_id = o.entry_id
WHERE
    a.payment_attempt_id = :attempt_id
    AND a.status = 'SUCCESS'
    AND (
        a.kind = 'REFUND'
        OR (a.kind IN ('CHARGE', 'CAPTURE') AND t.sales_order_id IS NOT NULL)
    )
ON CONFLICT (payment_ref) DO NOTHING
