-- purpose: A vendor's stock feed whose newest count is older than its promise (24 business hours, where it
--   promises nothing). Until the next count nothing is routed to the vendor on account of its stock.
-- severity: medium
-- grace: 1 run
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by partner
-- remedy: Ask the vendor for a new stock file. Articles of ours that are short are pre-ordered meanwhile,
--   whatever the old count says.
-- resolves: a newer count comes
-- reads: partner (one row each), partner_feed (INVENTORY), vendor_stock (one row per vendor and article),
--   stock_item, product (one row each)
-- writes: one row per vendor
-- params: as_of
WITH counted AS (
    SELECT
        s.vendor_id,
        max(s.as_at) AS as_at,
        count(*) FILTER (WHERE i.shortage = 'VENDOR' AND p.vendor_id = s.vendor_id) AS own_articles
    FROM vendor_stock AS s
    LEFT JOIN stock_item AS i ON s.sku = i.sku
    LEFT JOIN product AS p ON s.sku = p.sku
    GROUP BY s.vendor_id
),

due AS (
    SELECT
        p.partner_id,
        c.as_at,
        c.own_articles,
        coalesce(f.promised_within_hours, 24) AS promised_within_hours,
        add_business_hours(
            p.calendar_id, p.zone, c.as_at, coalesce(f.promised_within_hours, 24)
        ) AS fresh_until
    FROM partner AS p
    INNER JOIN partner_feed AS f ON p.partner_id = f.partner_id AND f.doc_type = 'INVENTORY'
    INNER JOIN counted AS c ON p.partner_id = c.vendor_id
    WHERE p.active
)

SELECT
    'stock:' || d.partner_id AS subject,
    d.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    d.fresh_until AS since,
    ARRAY['partner:' || d.partner_id, 'feed:' || d.partner_id || '/INVENTORY'] AS keys,
    jsonb_build_object(
        'counted_at', d.as_at, 'fresh_until', d.fresh_until,
        'promised_within_hours', d.promised_within_hours, 'own_articles', d.own_articles
    ) AS evidence
FROM due AS d
WHERE d.fresh_until <= :as_of
