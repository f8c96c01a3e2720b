-- purpose: A charge that is due and cannot leave: the gateway is not reached, or does not take our key or
--   the request.
-- severity: high
-- grace: 0
-- remedy: Read the reason. Mend the connection, the key or the request; a charge that is still due goes out by
--   itself then.
-- resolves: it leaves, or its tender is stopped and asked for anew
-- reads: payment_attempt, tender (one row per charge)
-- writes: one row per attempt that has not left for 15 minutes
-- params: as_of
SELECT
    a.our_ref AS subject,
    a.gateway AS partner_id,
    a.amount_minor,
    a.currency,
    a.first_sent_at AS since,
    ARRAY['payment:' || a.payment_ref, 'order:' || t.order_ref] AS keys,
    jsonb_build_object('reason', a.status_reason, 'sendings', a.sendings) AS evidence
FROM payment_attempt AS a
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
WHERE
    a.status = 'NOT_SENT'
    AND t.status = 'DUE'
    AND a.first_sent_at <= cast(:as_of AS timestamptz) - interval '15 minutes'
    AND NOT EXISTS (
        SELECT FROM payment_attempt AS l
        WHERE l.payment_ref = a.payment_ref AND l.attempt_no > a.attempt_no
    )
