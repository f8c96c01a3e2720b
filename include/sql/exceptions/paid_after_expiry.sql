-- purpose: Money that turned up for a purchase that had expired. It goes back by itself; for 30 days
--   after that the case stays, since the customer may ask.
-- severity: medium
-- grace: 0
-- remedy: See that the refund arrives; where it stays due, the gateway's pages show the charge.
-- resolves: 30 days after the refund
-- reads: purchase (one row each), purchase_tender_state (tender)
-- writes: one row per purchase
-- params: as_of
SELECT
    p.entry_id::text AS subject,
    p.storefront AS partner_id,
    sum(t.amount_minor)::bigint AS amount_minor,
    min(t.currency) AS currency,
    p.paid_at AS since,
    array_remove(ARRAY['purchase:' || p.entry_id, 'order:' || p.order_ref], NULL)
    || array_agg('payment:' || t.payment_ref ORDER BY t.payment_ref) AS keys,
    jsonb_build_object('order_ref', p.order_ref, 'is_refunded', bool_and(t.is_refunded)) AS evidence
FROM purchase AS p
INNER JOIN purchase_tender_state AS t ON p.purchase_id = t.purchase_id AND t.is_captured
WHERE
    p.status IN ('REFUND_DUE', 'REFUNDED')
    AND p.status_at <= :as_of
    AND p.status_at > cast(:as_of AS timestamptz) - interval '30 days'
GROUP BY p.purchase_id
