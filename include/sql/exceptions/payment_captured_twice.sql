-- purpose: A gateway's books have a second capture of a payment that another attempt has taken already.
-- severity: critical
-- grace: 0
-- remedy: Refund or void the second capture (gateway_ref of the evidence) at the gateway, then resolve the case.
-- resolves: an operator, once the money is back
-- reads: payment_event, payment_attempt, tender (one row per such attempt)
-- writes: one row per attempt
-- params: as_of
SELECT
    a.our_ref AS subject,
    a.gateway AS partner_id,
    a.amount_minor,
    a.currency,
    min(e.occurred_at) AS since,
    ARRAY['payment:' || a.payment_ref, 'order:' || t.order_ref] AS keys,
    jsonb_build_object('gateway_ref', a.gateway_ref, 'found', (array_agg(e.facts))[1]) AS evidence
FROM payment_event AS e
INNER JOIN payment_attempt AS a ON e.payment_attempt_id = a.payment_attempt_id
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
WHERE e.event = 'captured_beside' AND e.occurred_at <= :as_of
GROUP BY a.payment_attempt_id, t.tender_id
