-- purpose: what the switch of each storefront is judged by. Of an attempt the last word within the window
--   counts, once; a decline is a good answer, and a request that was at fault itself says nothing.
-- reads: store_control (one row each), payment_attempt, payment_event, tender, customer, purchase,
--   store_canary
-- writes: nothing; one row per storefront
-- params: as_of
WITH spoken AS (
    SELECT DISTINCT ON (a.payment_attempt_id)
        c.storefront,
        c.customer_id,
        e.event IN ('not_sent', 'no_answer') AS is_error
    FROM payment_event AS e
    INNER JOIN payment_attempt AS a ON e.payment_attempt_id = a.payment_attempt_id
    INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
    INNER JOIN customer AS c ON t.customer_id = c.customer_id
    INNER JOIN store_control AS s ON c.storefront = s.storefront
    WHERE
        e.occurred_at > cast(:as_of AS timestamptz) - (
            SELECT max(w.error_window) FROM store_control AS w
        )
        AND e.occurred_at > cast(:as_of AS timestamptz) - s.error_window
        AND e.occurred_at <= :as_of
        AND a.kind IN ('CHARGE', 'AUTHORISE')
        AND (
            e.event IN ('approved', 'declined_softly', 'declined_hard', 'pending')
            OR (
                e.event IN ('not_sent', 'no_answer')
                AND e.facts ->> 'class' <> 'BAD_REQUEST'
            )
        )
    ORDER BY a.payment_attempt_id, e.payment_event_id DESC
),

errors AS (
    SELECT
        s.storefront,
        count(*) AS requests,
        count(*) FILTER (WHERE s.is_error) AS errors,
        count(DISTINCT s.customer_id) FILTER (WHERE s.is_error) AS customers
    FROM spoken AS s
    GROUP BY s.storefront
),

waiting AS (
    SELECT
        p.storefront,
        count(*) FILTER (WHERE p.status <> 'PAY_UNKNOWN') AS under_way,
        count(*) FILTER (WHERE p.status = 'PAY_UNKNOWN') AS backlog
    FROM purchase AS p
    WHERE p.status IN ('CAPTURED', 'PAY_SENT', 'RESUMED', 'PAY_UNKNOWN')
    GROUP BY p.storefront
),

tried AS (
    SELECT
        c.storefront,
        c.gateway,
        c.green,
        bool_and(c.green) OVER (
            PARTITION BY c.storefront, c.gateway ORDER BY c.tried_at DESC
        ) AS since_red
    FROM store_canary AS c
    INNER JOIN store_control AS s ON c.storefront = s.storefront
    WHERE c.tried_at >= s.closed_at AND c.tried_at <= :as_of
),

greens AS (
    SELECT
        g.storefront,
        min(g.greens) AS greens
    FROM (
        SELECT
            t.storefront,
            t.gateway,
            count(*) FILTER (WHERE t.since_red) AS greens
        FROM tried AS t
        GROUP BY t.storefront, t.gateway
    ) AS g
    GROUP BY g.storefront
)

SELECT
    s.store_control_id,
    s.storefront,
    s.connection_id,
    s.canary_card_id,
    s.status,
    s.status_at,
    s.held_by,
    s.revision,
    s.errors_at_least,
    s.share_at_least,
    s.customers_at_least,
    s.drain_at_most,
    s.canaries_at_least,
    s.backlog_at_most,
    coalesce(e.requests, 0) AS requests,
    coalesce(e.errors, 0) AS errors,
    coalesce(e.customers, 0) AS customers,
    coalesce(w.under_way, 0) AS under_way,
    coalesce(w.backlog, 0) AS backlog,
    coalesce(g.greens, 0) AS greens
FROM store_control AS s
LEFT JOIN errors AS e ON s.storefront = e.storefront
LEFT JOIN waiting AS w ON s.storefront = w.storefront
LEFT JOIN greens AS g ON s.storefront = g.storefront
ORDER BY s.storefront
