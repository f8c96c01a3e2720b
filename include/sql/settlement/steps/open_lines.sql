-- purpose: The lines that are open after the exact pass, and what their gateway reference says in the same
--   kind and currency: bond 2, it names a taken payment of the same amount, so the line is a copy of one
--   that is settled and takes no other payment; 1, it names a payment; 0, it names none. No later pass
--   makes copies: where a payment is still open, the exact pass left no line of its key.
-- reads: near_lines (one row per line), line_refs (one row per reference of such a line), near_payments
--   (one row per payment), taken (one row per payment of a crowded key that is paired), step (one row
--   per line of such a key)
-- writes: open_lines (one row per line; ref_key and order_key number gateway, reference and kind)
WITH
keyed AS (
    SELECT
        l.line_no,
        l.line_id,
        l.currency,
        l.gross_minor,
        l.settle_minor,
        l.booked_day,
        l.rank_no,
        2 * r.ref_no + CASE WHEN l.kind = 'refund' THEN 1 ELSE 0 END AS ref_key,
        2 * o.ref_no + CASE WHEN l.kind = 'refund' THEN 1 ELSE 0 END AS order_key
    FROM near_lines AS l
    LEFT JOIN line_refs AS r
        ON l.gateway = r.gateway AND l.gateway_ref = r.ref AND r.reference = 'gateway_ref'
    LEFT JOIN line_refs AS o
        ON l.gateway = o.gateway AND l.order_ref = o.ref AND o.reference = 'order_ref'
    LEFT JOIN step AS s ON l.line_no = s.line_no
    WHERE s.line_no IS NULL
),

named AS (
    SELECT DISTINCT
        ref_key,
        currency
    FROM near_payments
),

settled AS (
    SELECT DISTINCT
        t.ref_key,
        t.currency,
        t.settle_minor
    FROM near_payments AS t
    LEFT JOIN taken AS k ON t.payment_no = k.payment_no
    WHERE coalesce(t.taken_by, k.line_id) IS NOT NULL
)

SELECT
    l.line_no,
    l.line_id,
    l.currency,
    l.gross_minor,
    l.settle_minor,
    l.booked_day,
    l.rank_no,
    l.ref_key,
    l.order_key,
    CAST(
        CASE
            WHEN t.ref_key IS NOT NULL THEN 2
            WHEN n.ref_key IS NOT NULL THEN 1
            ELSE 0
        END AS BIGINT
    ) AS bond
FROM keyed AS l
LEFT JOIN named AS n ON l.ref_key = n.ref_key AND l.currency = n.currency
LEFT JOIN settled AS t
    ON
        l.ref_key = t.ref_key
        AND l.currency = t.currency
        AND l.settle_minor = t.settle_minor
