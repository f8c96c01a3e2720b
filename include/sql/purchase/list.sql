-- purpose: purchases in some states, those that have stood there longest first.
-- reads: purchase (one row each), purchase_tender (tender)
-- writes: nothing; one row per purchase
-- params: states (text[]), at_most
SELECT
    p.entry_id::text AS entry_id,
    p.order_ref,
    p.storefront,
    p.status,
    p.status_at AS since,
    sum(t.amount_minor)::bigint AS amount_minor,
    min(t.currency) AS currency,
    p.asks,
    p.next_ask_at
FROM purchase AS p
LEFT JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
WHERE p.status = any(cast(:states AS text[]))
GROUP BY p.purchase_id
ORDER BY p.status_at, p.purchase_id
LIMIT :at_most
