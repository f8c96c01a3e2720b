-- purpose: The payments that a pass's lines name, open ones or taken ones, in groups of those alike in
--   key, amount and day. Payments of a group are interchangeable, so passes compare groups; a group
--   has the number of its lowest id.
-- reads: open_payments, near_payments (one row per payment), open_lines (one row per line), this_pass (one
--   row)
-- writes: pass_payments (one row per payment; key_no numbers gateway, reference and kind; nth counts those
--   of a group by id)
WITH
side AS (
    SELECT
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.currency,
        p.settle_minor,
        p.amount_minor,
        p.booked_day,
        p.rank_no,
        CASE WHEN t.reference = 'gateway_ref' THEN p.ref_key ELSE p.order_key END AS key_no
    FROM open_payments AS p
    INNER JOIN this_pass AS t ON t.payments = 'open'
    UNION ALL
    SELECT
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.currency,
        p.settle_minor,
        p.amount_minor,
        p.booked_day,
        p.rank_no,
        CASE WHEN t.reference = 'gateway_ref' THEN p.ref_key ELSE p.order_key END AS key_no
    FROM near_payments AS p
    INNER JOIN this_pass AS t ON t.payments = 'taken'
    LEFT JOIN open_payments AS o ON p.payment_no = o.payment_no
    WHERE o.payment_no IS NULL
),

line_keys AS (
    SELECT CASE WHEN t.reference = 'gateway_ref' THEN l.ref_key ELSE l.order_key END AS key_no
    FROM open_lines AS l
    INNER JOIN this_pass AS t ON l.bond <= t.strongest_bond
)

SELECT
    p.payment_no,
    p.payment_id,
    p.key_no,
    p.gateway,
    p.currency,
    p.settle_minor,
    p.amount_minor,
    p.booked_day,
    row_number() OVER alike AS nth,
    min(p.rank_no) OVER alike AS group_no
FROM side AS p
INNER JOIN (SELECT DISTINCT key_no FROM line_keys) AS l ON p.key_no = l.key_no
WINDOW alike AS (
    PARTITION BY p.key_no, p.currency, p.settle_minor, p.booked_day
    ORDER BY p.rank_no
)
