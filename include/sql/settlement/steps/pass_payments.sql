-- purpose: The payments that a pass's lines name, open ones or taken ones, in groups of those alike in
--   key, amount and day. Payments of a group are interchangeable, so passes compare groups; a group
--   has the number of its lowest id.
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
        CASE WHEN t.reference = 'gateway_ref' THEN p.gateway_ref ELSE p.order_ref END AS ref
    FROM near_payments AS p
    CROSS JOIN this_pass AS t
    LEFT JOIN taken AS k ON p.payment_no = k.payment_no
    WHERE
        t.payments
        = CASE WHEN coalesce(p.taken_by, k.line_id) IS NULL THEN 'open' ELSE 'taken' END
),

line_keys AS (
    SELECT DISTINCT
        gateway,
        ref,
        kind
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
    row_number() OVER (
        PARTITION BY p.gateway, p.ref, p.kind, p.currency, p.settle_minor, p.booked_day
        ORDER BY p.rank_no
    ) AS nth,
    min(p.rank_no) OVER (
        PARTITION BY p.gateway, p.ref, p.kind, p.currency, p.settle_minor, p.booked_day
    ) AS group_no
FROM keyed AS p
INNER JOIN line_keys AS l ON p.gateway = l.gateway AND p.ref = l.ref AND p.kind = l.kind
