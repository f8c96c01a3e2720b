-- purpose: the first attempt of every tender of a registered card that is due and has none.
-- reads: tender (one row per charge), card_registration, payment_attempt
-- writes: payment_event (the first of each), payment_attempt (one row per charge)
-- params: as_of
WITH planned AS (
    INSERT INTO payment_attempt (
        payment_ref, attempt_no, kind, gateway, currency, amount_minor, customer_id,
        card_registration_id, customer_name, customer_email, profile, token, last_four, next_act_at,
        status_at
    )
    SELECT
        t.payment_ref,
        1 AS attempt_no,
        'CHARGE' AS kind,
        t.gateway,
        t.currency,
        t.amount_minor,
        t.customer_id,
        t.card_registration_id,
        r.customer_name,
        r.customer_email,
        r.profile,
        r.token,
        r.last_four,
        :as_of AS next_act_at,
        :as_of AS status_at
    FROM tender AS t
    INNER JOIN card_registration AS r ON t.card_registration_id = r.card_registration_id
    WHERE
        t.status = 'DUE'
        AND t.asked_at <= :as_of
        AND r.status IN ('VAULTED', 'ACTIVE', 'EXPIRING')
        AND NOT EXISTS (
            SELECT FROM payment_attempt AS p
            WHERE p.payment_ref = t.payment_ref
        )
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
