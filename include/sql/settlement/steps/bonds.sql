-- purpose: The lines that the exact pass left, and what their gateway reference says in the same kind and
--   currency: 2, it names a taken payment of the same amount, so the line is a copy of one that is
--   settled and takes no other payment; 1, it names a payment; 0, it names none. No later pass
--   makes copies: where a payment is still open, the exact pass left no line of its key.
-- reads: open_lines (one row per line), near_payments (one row per payment), taken (one row per
--   payment of a crowded key)
-- writes: open_lines (one row per line)
WITH named AS (
    SELECT
        l.line_no,
        max(
            CASE
                WHEN
                    coalesce(t.taken_by, k.line_id) IS NOT NULL
                    AND t.settle_minor = l.settle_minor
                    THEN 2
                ELSE 1
            END
        ) AS bond
    FROM open_lines AS l
    INNER JOIN near_payments AS t
        ON
            l.gateway = t.gateway
            AND l.gateway_ref = t.gateway_ref
            AND l.kind = t.kind
            AND l.currency = t.currency
    LEFT JOIN taken AS k ON t.payment_no = k.payment_no
    GROUP BY l.line_no
)

SELECT
    l.line_no,
    l.line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.kind,
    l.currency,
    l.gross_minor,
    l.settle_minor,
    l.booked_day,
    l.rank_no,
    l.key_code,
    l.ref_code,
    l.order_code,
    CAST(coalesce(n.bond, 0) AS BIGINT) AS bond
FROM open_lines AS l
LEFT JOIN named AS n ON l.line_no = n.line_no
