-- purpose: A purchase of which nobody knows yet whether it is paid: the gateway gave no answer, and neither
--   a proof that it took the money nor all three proofs that it did not have come.
-- severity: high
-- grace: 1 hours
-- inhibited-by: PAYMENT_UNKNOWN by payment
-- remedy: Nothing, for 7 days: the gateway is asked again and again. `tieout purchases show` has the evidence.
--   If the gateway does not answer at all, call it.
-- resolves: a proof comes, either way
-- reads: purchase (one row each), purchase_tender (tender), gateway_look
-- writes: one row per purchase
-- params: as_of
SELECT
    p.entry_id::text AS subject,
    min(t.gateway) AS partner_id,
    sum(t.amount_minor)::bigint AS amount_minor,
    min(t.currency) AS currency,
    p.watched_from AS since,
    ARRAY['purchase:' || p.entry_id, 'order:' || p.order_ref, 'partner:' || min(t.gateway)]
    || array_agg('payment:' || t.payment_ref ORDER BY t.payment_ref) AS keys,
    jsonb_build_object(
        'order_ref', p.order_ref, 'asks', p.asks, 'next_ask_at', p.next_ask_at,
        'unknown_since', p.status_at
    ) AS evidence
FROM purchase AS p
INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
WHERE p.status = 'PAY_UNKNOWN' AND p.status_at <= :as_of
GROUP BY p.purchase_id
