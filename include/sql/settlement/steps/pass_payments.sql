-- purpose: The payments that a pass's lines name, open ones or taken ones, in groups of those alike in
--   key, amount and day. Payments of a group are interchangeable, so passes compare groups; a group
--   has the number of its lowest id. A payment that only shares the number of a reference is here in
--   vain, since what compares the two sides compares the references themselves.
-- reads: near_payments (one row per payment), taken (one row per payment that a later pass or a naming
--   took), pass_lines (one row per line), this_pass (one row)
-- writes: pass_payments (one row per payment; nth counts those of a group by id)
WITH
keyed AS (
    SELECT
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.kind,
        p.currency,
        p.settle_minor,
        p.amount_minor,
        p.booked_day,
        p.rank_no,
        CASE WHEN t.reference = 'gateway_ref' THEN p.gateway_ref ELSE p.order_ref END AS ref,
        CASE WHEN t.reference = 'gateway_ref' THEN p.ref_code ELSE p.order_code END AS code
    FROM near_payments AS p
    CROSS JOIN this_pass AS t
    LEFT JOIN taken AS k ON p.payment_no = k.payment_no
    WHERE
        t.payments
        = CASE WHEN coalesce(p.taken_by, k.line_id) IS NULL THEN 'open' ELSE 'taken' END
),

line_codes AS (
    SELECT DISTINCT code
    FROM pass_lines
)

SELECT
    p.payment_no,
    p.payment_id,
    p.gateway,
    p.ref,
    p.kind,
    p.currency,
    p.settle_minor,
    p.amount_minor,
    p.booked_day,
    row_number() OVER alike AS nth,
    min(p.rank_no) OVER alike AS group_no
FROM keyed AS p
INNER JOIN line_codes AS l ON p.code = l.code
WHERE p.ref IS NOT NULL
WINDOW alike AS (
    PARTITION BY p.gateway, p.ref, p.kind, p.currency, p.settle_minor, p.booked_day
    ORDER BY p.rank_no
)
