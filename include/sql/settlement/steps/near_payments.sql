-- purpose: The payments that an open line can mean by either reference, taken or not. All later
--   work is on these, so that it is proportional to what the exact pass left, not to all payments.
--   The codes are numbers made of references: a payment that only shares the number is
--   here in vain, since every pass compares the references themselves.
-- reads: all_payments (one row per payment; settled_by is the line of an earlier run), open_lines (one
--   row per line), exact_pairs (one row per pair)
-- writes: near_payments (one row per payment; taken_by is the line that took it so far; rank_no counts them by
--   id, so that a lower number is a lower id)
WITH
ref_codes AS (
    SELECT DISTINCT ref_code
    FROM open_lines
    WHERE gateway_ref IS NOT NULL
),

order_codes AS (
    SELECT DISTINCT order_code
    FROM open_lines
    WHERE order_ref IS NOT NULL
),

reachable AS (
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
        p.ref_code,
        p.order_code,
        p.settled_by
    FROM all_payments AS p
    LEFT JOIN ref_codes AS r ON p.ref_code = r.ref_code
    LEFT JOIN order_codes AS o ON p.order_code = o.order_code
    WHERE r.ref_code IS NOT NULL OR o.order_code IS NOT NULL
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
    p.ref_code,
    p.order_code,
    coalesce(p.settled_by, s.line_id) AS taken_by,
    row_number() OVER (ORDER BY p.payment_id) AS rank_no
FROM reachable AS p
LEFT JOIN exact_pairs AS s ON p.payment_no = s.payment_no
