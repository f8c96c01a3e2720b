-- purpose: A payment attempt that may have taken money, without an answer from the gateway.
-- severity: high
-- grace: 0
-- remedy: Nothing, at first: the gateway is asked by the ladder of payment_gateway.ask_after. When that goes on
--   for a day, look our reference up at the gateway and call it.
-- resolves: the gateway's answer or books, either way
-- reads: payment_attempt, tender, payment_event (the newest of each attempt)
-- writes: one row per attempt that was sent an hour ago or longer
-- params: as_of
SELECT
    a.our_ref AS subject,
    a.gateway AS partner_id,
    a.amount_minor,
    a.currency,
    a.first_sent_at AS since,
    ARRAY['payment:' || a.payment_ref, 'order:' || t.order_ref] AS keys,
    jsonb_build_object(
        'state', a.status, 'asks', a.asks, 'reason', a.status_reason, 'next_ask_at', a.next_act_at
    ) AS evidence
FROM payment_attempt AS a
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
WHERE
    a.status IN ('SENT', 'UNKNOWN', 'PENDING')
    AND a.first_sent_at <= cast(:as_of AS timestamptz) - interval '1 hour'
