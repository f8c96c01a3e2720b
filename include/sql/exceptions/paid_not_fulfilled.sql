-- purpose: A paid purchase that is not an order yet after an hour, because its entry stands in quarantine,
--   or that is not with the customer by the day that was promised.
-- severity: high
-- grace: 0
-- remedy: In quarantine: correct the row, or discard it, which gives the money back. Else look at its vendor
--   orders and accounts: `tieout explain order REF`.
-- resolves: it is delivered or refunded
-- reads: purchase (one row each), purchase_tender (tender), sales_order (order), purchase_terms
-- writes: one row per purchase
-- params: as_of
SELECT
    p.entry_id::text AS subject,
    p.storefront AS partner_id,
    sum(t.amount_minor)::bigint AS amount_minor,
    min(t.currency) AS currency,
    p.paid_at AS since,
    array_remove(ARRAY['purchase:' || p.entry_id, 'order:' || p.order_ref], NULL) AS keys,
    jsonb_build_object(
        'order_ref', p.order_ref, 'status', p.status, 'promised_on', o.promised_on
    ) AS evidence
FROM purchase AS p
INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
CROSS JOIN purchase_terms AS s
LEFT JOIN sales_order AS o ON p.entry_id = o.entry_id
WHERE
    (p.status = 'PAID' AND p.status_at + interval '1 hour' <= :as_of)
    OR (
        p.status IN ('ORDERED', 'FULFIL_SENT')
        AND coalesce(
            o.promised_on::timestamptz + interval '3 days', p.paid_at + s.complete_within
        ) <= :as_of
    )
GROUP BY p.purchase_id, o.promised_on
