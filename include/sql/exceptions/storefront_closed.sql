-- purpose: A storefront that sells nothing: its payments broke down, or a person closed it.
-- severity: critical
-- grace: 0
-- remedy: Call the gateway. It opens by itself after two green canaries; `tieout store open` opens it by your
--   word, `tieout store auto` gives it back.
-- resolves: it is open
-- reads: store_control (one row each), purchase (one row each), purchase_tender (tender)
-- writes: one row per storefront
-- params: as_of
SELECT
    c.storefront AS subject,
    c.storefront AS partner_id,
    s.amount_minor,
    s.currency,
    c.closed_at AS since,
    ARRAY['partner:' || c.storefront] AS keys,
    jsonb_build_object(
        'status', c.status, 'reason', c.status_reason, 'held_by', c.held_by,
        'sold_in_the_hour_before', s.amount_minor
    ) AS evidence
FROM store_control AS c
LEFT JOIN LATERAL (
    SELECT
        sum(t.amount_minor)::bigint AS amount_minor,
        t.currency
    FROM purchase AS p
    INNER JOIN purchase_tender AS t ON p.purchase_id = t.purchase_id
    WHERE
        p.storefront = c.storefront
        AND p.captured_at > c.closed_at - interval '1 hour'
        AND p.captured_at <= c.closed_at
    GROUP BY t.currency
    ORDER BY sum(t.amount_minor) DESC
    LIMIT 1
) AS s ON TRUE
WHERE c.status <> 'OPEN' AND c.closed_at <= :as_of
