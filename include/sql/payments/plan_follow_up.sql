-- purpose: an attempt to capture, refund or void what an earlier one took.
-- reads: payment_attempt (the newest good one of the tender)
-- writes: payment_event (the first of each), payment_attempt (at most one row)
-- params: payment_ref, kind, of_kinds, amount_minor (null: all of it), as_of
WITH planned AS (
    INSERT INTO payment_attempt (
        payment_ref, attempt_no, kind, of_attempt_id, gateway, currency, amount_minor, customer_id,
        last_four, next_act_at, status_at
    )
    SELECT
        o.payment_ref,
        1 + (
            SELECT max(p.attempt_no) FROM payment_attempt AS p
            WHERE p.payment_ref = o.payment_ref
        ) AS attempt_no,
        :kind,
        o.payment_attempt_id AS of_attempt_id,
        o.gateway,
        o.currency,
        coalesce(cast(:amount_minor AS bigint), o.answered_minor, o.amount_minor) AS amount_minor,
        o.customer_id,
        o.last_four,
        :as_of AS next_act_at,
        :as_of AS status_at
    FROM payment_attempt AS o
    WHERE
        o.payment_ref = :payment_ref
        AND o.kind = any(cast(:of_kinds AS text[]))
        AND o.status = 'SUCCESS'
    ORDER BY o.attempt_no DESC
    LIMIT 1
    RETURNING payment_attempt_id
),

noted AS (
    INSERT INTO payment_event (payment_attempt_id, event, occurred_at)
    SELECT
        p.payment_attempt_id,
        'planned' AS event,
        :as_of AS occurred_at
    FROM planned AS p
    ORDER BY p.payment_attempt_id
)

SELECT p.payment_attempt_id
FROM planned AS p
ORDER BY p.payment_attempt_id
