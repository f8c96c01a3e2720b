-- purpose: The payments that nothing holds and that a line of the run may mean, or that may be late; and
--   beside them those that something holds (a line, or a write-off as write-off:<number>) and that an open
--   line names again. Open payments that nothing names and that cannot be late yet stay where they are:
--   they are counted (settlement/open_payment_sums), since nothing can become of them. A payment is
--   due at the end of so many business days of the gateway's calendar; outside the calendar it counts plain
--   days.
-- reads: payment (one row per payment), settlement_line (one row per line), settlement_hold (one row per
--   hold), line_name (one row per gateway and reference that a line of the run has), gateway_account,
--   partner (one row per gateway), business_day (one row per day)
-- writes: the payments of the matching engine (one row per payment)
-- params: business_date, as_of
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

shortest_grace AS MATERIALIZED (
    SELECT
        g.partner_id AS gateway,
        g.calendar_id,
        g.zone,
        least(a.overdue_business_days, min(lag.learned_days)) AS days
    FROM gateway_account AS a
    INNER JOIN partner AS g ON g.partner_id = a.gateway
    LEFT JOIN settlement_lag(:business_date) AS lag ON lag.gateway = a.gateway
    GROUP BY g.partner_id, a.overdue_business_days
),

-- Days of which no payment is late.
safe_days AS MATERIALIZED (
    SELECT
        g.gateway,
        min(captured_on.day)::timestamp AT TIME ZONE g.zone AS safe_from,
        (max(captured_on.day) + 1)::timestamp AT TIME ZONE g.zone AS safe_until
    FROM shortest_grace AS g
    INNER JOIN business_day AS captured_on ON captured_on.calendar_id = g.calendar_id
    INNER JOIN business_day AS due_on
        ON
            due_on.calendar_id = captured_on.calendar_id
            AND due_on.is_business
            AND due_on.number = captured_on.number + g.days
    WHERE (due_on.day + 1)::timestamp AT TIME ZONE g.zone >= :as_of
    GROUP BY g.gateway, g.zone
),

meant AS (
    SELECT p.payment_id
    FROM line_name AS n
    INNER JOIN payment AS p ON p.gateway = n.gateway AND p.gateway_ref = n.ref
    WHERE p.first_reconciled_on IS NOT NULL
    UNION
    SELECT p.payment_id
    FROM line_name AS n
    INNER JOIN payment AS p ON p.gateway = n.gateway AND p.payment_ref = n.ref
    WHERE p.first_reconciled_on IS NOT NULL
    UNION
    SELECT p.payment_id
    FROM payment AS p
    LEFT JOIN safe_days AS d
        ON d.gateway = p.gateway AND p.captured_at >= d.safe_from AND p.captured_at < d.safe_until
    WHERE p.first_reconciled_on IS NOT NULL AND d.gateway IS NULL
),

wanted AS (
    SELECT
        c.payment_id,
        NULL AS held_by
    FROM meant AS c
    LEFT JOIN settlement_hold AS h
        ON h.payment_id = c.payment_id AND h.freed_on > :business_date
    WHERE h.freed_on IS NULL
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
