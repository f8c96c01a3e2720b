-- purpose: the tenders of the new orders.
-- reads: ready (entry), sales_order (order)
-- writes: payment (tender)
-- params: none
INSERT INTO payment (
    payment_ref, sales_order_id, seq, kind, method, gateway, gateway_ref, currency, amount_minor,
    captured_at, state
)
SELECT
    t.tender ->> 'payment_ref' AS payment_ref,
    o.sales_order_id,
    (t.tender ->> 'seq')::integer AS seq,
    'charge' AS kind,
    t.tender ->> 'method' AS method,
    t.tender ->> 'gateway' AS gateway,
    t.tender ->> 'gateway_ref' AS gateway_ref,
    o.currency,
    (t.tender ->> 'amount_minor')::bigint AS amount_minor,
    (t.tender ->> 'captured_at')::timestamptz AS captured_at,
    t.tender ->> 'state' AS state
FROM ready AS r
INNER JOIN sales_order AS o ON r.entry_id = o.entry_id
CROSS JOIN
    LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(r.payments) = 'array' THEN r.payments ELSE '[]' END
    ) AS t (tender)
ORDER BY o.sales_order_id, seq
