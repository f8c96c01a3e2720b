-- purpose: The payments of a pass, open ones or taken ones, in groups of those alike in key, amount and day. Payments of
--   a group are interchangeable, so passes compare groups; a group has the number of its lowest id.
-- reads: near_payments (one row per payment), this_pass (one row)
-- writes: pass_payments (one row per payment; nth counts those of a group by id)
WITH keyed AS (
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
    WHERE CASE WHEN p.taken_by IS NULL THEN 'open' ELSE 'taken' END = t.payments
)

SELECT
    payment_no,
    payment_id,
    gateway,
    ref,
    kind,
    currency,
    settle_minor,
    amount_minor,
    booked_day,
    row_number() OVER (
        PARTITION BY gateway, ref, kind, currency, settle_minor, booked_day
        ORDER BY rank_no
    ) AS nth,
    min(rank_no) OVER (
        PARTITION BY gateway, ref, kind, currency, settle_minor, booked_day
    ) AS group_no
FROM keyed
WHERE ref IS NOT NULL
