-- purpose: a tender as it stands, with its newest attempt to charge it.
-- reads: tender (one row), customer, card_registration, payment_attempt (its newest charge)
-- writes: nothing; at most one row
-- params: payment_ref
SELECT
    t.payment_ref,
    t.entry_id,
    t.order_ref,
    t.customer_id,
    c.storefront,
    c.customer_ref,
    t.gateway,
    t.currency,
    t.amount_minor,
    r.registration_ref,
    t.once_token,
    t.authorised_minor,
    t.captured_minor,
    t.refunded_minor,
    t.status,
    a.payment_attempt_id,
    a.attempt_no,
    a.status AS attempt_status,
    a.gateway_ref,
    a.status_reason AS attempt_reason
FROM tender AS t
INNER JOIN customer AS c ON t.customer_id = c.customer_id
LEFT JOIN card_registration AS r ON t.card_registration_id = r.card_registration_id
LEFT JOIN LATERAL (
    SELECT p.*
    FROM payment_attempt AS p
    WHERE p.payment_ref = t.payment_ref AND p.kind IN ('CHARGE', 'AUTHORISE')
    ORDER BY p.attempt_no DESC
    LIMIT 1
) AS a ON true
WHERE t.payment_ref = :payment_ref
