-- purpose: The payments that nothing holds, and beside them those that something holds (a line, or a
--   write-off as write-off:<number>) and that an open line names again. A payment is due at the end of
--   so many business days of the gateway's calendar; outside the calendar it counts plain days.
-- reads: payment (one row per payment), settlement_line (one row per line), settlement_hold (one row per
--   hold), gateway_account, partner (one row per gateway), business_day (one row per day)
-- writes: the payments of the matching engine (one row per payment)
-- params: business_date
WITH
open_lines AS MATERIALIZED (
    SELECT
        l.gateway,
        l.gateway_ref,
        l.order_ref
    FROM settlement_line AS l
    LEFT JOIN settlement_hold AS h
        ON h.settlement_line_id = l.settlement_line_id AND h.freed_on > :business_date
    WHERE
        l.first_reconciled_on IS NOT NULL
        AND l.kind IN ('charge', 'refund')
        AND h.freed_on IS NULL
),

named_again AS MATERIALIZED (
    SELECT
        p.payment_id,
        h.held_by
    FROM open_lines AS l
    INNER JOIN payment AS p ON p.gateway = l.gateway AND p.gateway_ref = l.gateway_ref
    INNER JOIN settlement_hold AS h
        ON h.payment_id = p.payment_id AND h.freed_on > :business_date
    UNION
    SELECT
        p.payment_id,
        h.held_by
    FROM open_lines AS l
    INNER JOIN payment AS p ON p.gateway = l.gateway AND p.payment_ref = l.order_ref
    INNER JOIN settlement_hold AS h
        ON h.payment_id = p.payment_id AND h.freed_on > :business_date
),

wanted AS (
    SELECT
        p.payment_id,
        NULL AS held_by
    FROM payment AS p
    LEFT JOIN settlement_hold AS h
        ON h.payment_id = p.payment_id AND h.freed_on > :business_date
    WHERE p.first_reconciled_on IS NOT NULL AND h.freed_on IS NULL
    UNION ALL
    SELECT
        payment_id,
        min(held_by) AS held_by
    FROM named_again
    GROUP BY payment_id
)

SELECT
    p.payment_id::text AS payment_id,
    p.payment_ref AS order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.currency::text AS currency,
    p.amount_minor,
    p.captured_at AS booked_at,
    (due_on.day + 1)::timestamp AT TIME ZONE g.zone AS due_at,
    w.held_by AS settled_by,
    p.first_reconciled_on < :business_date AS carried
FROM wanted AS w
INNER JOIN payment AS p ON p.payment_id = w.payment_id
INNER JOIN partner AS g ON g.partner_id = p.gateway
INNER JOIN gateway_account AS a ON a.gateway = p.gateway
LEFT JOIN settlement_lag(:business_date) AS lag
    ON lag.gateway = p.gateway AND lag.method = coalesce(p.method, '')
LEFT JOIN business_day AS captured_on
    ON
        captured_on.calendar_id = g.calendar_id
        AND captured_on.day = (p.captured_at AT TIME ZONE g.zone)::date
LEFT JOIN business_day AS due_on
    ON
        due_on.calendar_id = captured_on.calendar_id
        AND due_on.is_business
        AND due_on.number
        = captured_on.number + coalesce(lag.learned_days, a.overdue_business_days)
