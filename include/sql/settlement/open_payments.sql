-- purpose: The open payments that a line of the run may mean, or that may be late. Open payments that nothing
--   names and that cannot be late yet stay where they are: they are counted
--   (settlement/open_payment_sums), since nothing can become of them. A payment is due at the end of so many
--   business days of the gateway's calendar; outside the calendar it counts plain days.
-- reads: settlement_open_payment (one row per open payment), line_name (one row per gateway and reference that a
--   line of the run has), nameless_sort (one row per gateway, kind, currency and instant of lines that
--   name nothing), gateway_account, partner (one row per gateway), business_day (one row per day)
-- writes: the payments of the matching engine (one row per payment)
-- params: business_date, as_of
WITH
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

-- Where the payments may lie of which a line is the sum that names nothing.
nameless AS MATERIALIZED (
    SELECT DISTINCT
        n.gateway,
        n.kind,
        n.currency,
        ((n.booked_at AT TIME ZONE 'UTC')::date - a.window_days)::timestamp AT TIME ZONE 'UTC'
            AS window_from,
        ((n.booked_at AT TIME ZONE 'UTC')::date + a.window_days + 1)::timestamp AT TIME ZONE 'UTC'
            AS window_until
    FROM nameless_sort AS n
    INNER JOIN gateway_account AS a ON a.gateway = n.gateway
),

chosen AS MATERIALIZED (
    SELECT
        p.payment_id,
        p.payment_ref,
        p.gateway,
        p.gateway_ref,
        p.kind,
        p.method,
        p.currency,
        p.amount_minor,
        p.captured_at,
        (p.captured_at AT TIME ZONE g.zone)::date AS captured_on,
        coalesce(p.first_reconciled_on < :business_date, FALSE) AS carried
    FROM settlement_open_payment AS p
    INNER JOIN partner AS g ON g.partner_id = p.gateway
    LEFT JOIN line_name AS at_gateway
        ON at_gateway.gateway = p.gateway AND at_gateway.ref = p.gateway_ref
    LEFT JOIN line_name AS ours ON ours.gateway = p.gateway AND ours.ref = p.payment_ref
    LEFT JOIN safe_days AS d
        ON d.gateway = p.gateway AND p.captured_at >= d.safe_from AND p.captured_at < d.safe_until
    WHERE
        p.open_from <= :business_date
        AND (
            p.first_reconciled_on <= :business_date
            OR (p.first_reconciled_on IS NULL AND p.captured_at <= :as_of)
        )
        AND (
            at_gateway.ref IS NOT NULL
            OR ours.ref IS NOT NULL
            OR d.gateway IS NULL
            OR EXISTS (
                SELECT 1 FROM nameless AS n
                WHERE
                    n.gateway = p.gateway
                    AND n.kind = p.kind
                    AND n.currency = p.currency
                    AND p.captured_at >= n.window_from
                    AND p.captured_at < n.window_until
            )
        )
),

-- Looked up once per gateway, method and day, not per payment.
due AS MATERIALIZED (
    SELECT
        c.gateway,
        c.method,
        c.captured_on,
        (due_on.day + 1)::timestamp AT TIME ZONE g.zone AS due_at
    FROM (
        SELECT
            gateway,
            method,
            captured_on
        FROM chosen
        GROUP BY gateway, method, captured_on
    ) AS c
    INNER JOIN partner AS g ON g.partner_id = c.gateway
    INNER JOIN gateway_account AS a ON a.gateway = c.gateway
    LEFT JOIN settlement_lag(:business_date) AS lag
        ON lag.gateway = c.gateway AND lag.method = c.method
    LEFT JOIN business_day AS captured_on
        ON captured_on.calendar_id = g.calendar_id AND captured_on.day = c.captured_on
    LEFT JOIN business_day AS due_on
        ON
            due_on.calendar_id = captured_on.calendar_id
            AND due_on.is_business
            AND due_on.number
            = captured_on.number + coalesce(lag.learned_days, a.overdue_business_days)
)

SELECT
    c.payment_id::text AS payment_id,
    c.payment_ref AS order_ref,
    c.gateway,
    c.gateway_ref,
    c.kind,
    c.currency::text AS currency,
    c.amount_minor,
    c.captured_at AS booked_at,
    u.due_at,
    c.carried
FROM chosen AS c
INNER JOIN due AS u
    ON u.gateway = c.gateway AND u.method = c.method AND u.captured_on = c.captured_on
