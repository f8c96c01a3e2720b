-- purpose: A purchase of which no proof came within 7 days, so that a person has to find out; or one that
--   has no tender that could be asked for.
-- severity: high
-- grace: 0
-- remedy: Look at the gateway's own pages, then say it: `tieout purchases decide ENTRY paid|not-paid`.
-- resolves: a person decides, or a proof comes
-- reads: purchase (one row each), purchase_tender (tender)
-- writes: one row per purchase
-- params: as_of
SELECT
    p.entry_id::text AS subject,
    p.storefront AS partner_id,
    sum(t.amount_minor)::bigint AS amount_minor,
    min(t.currency) AS currency,
    p.status_at AS since,
    array_remove(ARRAY['purchase:' || p.entry_id, 'order:' || p.order_ref], NULL) AS keys,
    jsonb_build_object('order_ref', p.order_ref, 'asks', p.asks) AS evidence
FROM purchase AS p
LEFT JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
WHERE p.status = 'MANUAL' AND p.status_at <= :as_of
GROUP BY p.purchase_id
