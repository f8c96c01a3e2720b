-- purpose: Pair what the gateway's reference names, to the last minor unit.
-- name: exact reference
-- cardinality: one-to-one
-- keys: gateway, gateway_ref, kind, currency, amount
-- tolerance: none
-- window: none
-- tie-break: where several payments or lines share the key, those of the same order_ref pair first;
--   then the n-th payment pairs with the n-th line, each side by day, then id
--   (steps/crowded_pairs.sql)
-- reads: payments (one row per payment), lines (one row per line), crowded_keys (one row per key)
-- writes: exact_pairs (one row per payment and line)
SELECT
    p.payment_no,
    l.line_no,
    p.payment_id,
    l.line_id,
    l.gateway,
    l.currency,
    p.amount_minor,
    l.gross_minor
FROM lines AS l
LEFT JOIN crowded_keys AS c ON l.key_code = c.key_code
INNER JOIN payments AS p
    ON
        l.gateway = p.gateway
        AND l.gateway_ref = p.gateway_ref
        AND l.kind = p.kind
        AND l.currency = p.currency
        AND l.settle_minor = p.settle_minor
WHERE c.key_code IS NULL
