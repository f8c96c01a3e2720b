-- purpose: The payments that a line which the exact pass left can mean by either reference, taken or not.
--   All later work is on these, so that it is proportional to what the exact pass left, not to all
--   payments; and on numbers, since a reference is compared as text here and never again.
-- reads: all_payments (one row per payment; settled_by is the line of an earlier run), line_refs (one
--   row per reference of such a line), exact_pairs (one row per pair)
-- writes: near_payments (one row per payment; taken_by is the line that took it so far; rank_no counts them by
--   id, so that a lower number is a lower id; ref_key and order_key number gateway, reference and kind)
WITH reachable AS (
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
        p.settled_by,
        r.ref_no,
        o.ref_no AS order_no
    FROM all_payments AS p
    LEFT JOIN line_refs AS r
        ON p.gateway = r.gateway AND p.gateway_ref = r.ref AND r.reference = 'gateway_ref'
    LEFT JOIN line_refs AS o
        ON p.gateway = o.gateway AND p.order_ref = o.ref AND o.reference = 'order_ref'
    WHERE r.ref_no IS NOT NULL OR o.ref_no IS NOT NULL
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
    2 * p.ref_no + CASE WHEN p.kind = 'refund' THEN 1 ELSE 0 END AS ref_key,
    2 * p.order_no + CASE WHEN p.kind = 'refund' THEN 1 ELSE 0 END AS order_key,
    coalesce(p.settled_by, s.line_id) AS taken_by,
    row_number() OVER (ORDER BY p.payment_id) AS rank_no
FROM reachable AS p
LEFT JOIN exact_pairs AS s ON p.payment_no = s.payment_no
