-- purpose: A gateway took another amount, or another currency, than it was asked for.
-- severity: high
-- grace: 0
-- remedy: Refund what is too much at the gateway, or ask the customer for the rest; then resolve the case.
-- resolves: a refund of the payment brings it to what was asked
-- reads: payment_attempt, tender (one row per charge, refund or void)
-- writes: one row per charge
-- params: as_of
SELECT
    a.our_ref AS subject,
    a.gateway AS partner_id,
    abs(a.answered_minor - a.amount_minor) AS amount_minor,
    a.currency,
    a.status_at AS since,
    ARRAY['payment:' || a.payment_ref, 'order:' || t.order_ref] AS keys,
    jsonb_build_object(
        'asked_minor', a.amount_minor,
        'answered_minor', a.answered_minor,
        'answered_currency', a.answered_currency,
        'gateway_ref', a.gateway_ref
    ) AS evidence
FROM payment_attempt AS a
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
WHERE
    a.kind IN ('CHARGE', 'AUTHORISE', 'CAPTURE', 'REFUND')
    AND a.status = 'SUCCESS'
    AND a.status_at <= :as_of
    AND (
        a.answered_minor <> a.amount_minor
        OR a.answered_currency <> a.currency
    )
    AND (
        a.kind = 'REFUND'
        OR a.answered_currency <> a.currency
        OR t.captured_minor - t.refunded_minor NOT IN (0, t.amount_minor)
    )
