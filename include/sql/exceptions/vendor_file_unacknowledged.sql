-- purpose: A purchase-order file that the vendor's system should have acknowledged by now (997, CONTRL), as its
--   feed RECEIPT promises, and has not, while the vendor answers no order of it either.
-- severity: high
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by partner
-- remedy: Ask the vendor whether its system has read the file (evidence: target and hash); it stands there. If
--   not, the vendor has to read it again; it is not sent twice.
-- resolves: the receipt comes, or answers to all orders in the file
-- reads: vendor_order (one row per vendor order, DELIVERED), partner_feed (RECEIPT), vendor_receipt (one row per
--   answered message), effect, partner, sales_order (one row each), order_line (one row per line)
-- writes: one row per file
-- params: as_of
WITH waiting AS (
    SELECT
        v.effect_id,
        v.vendor_id,
        count(*) AS vendor_orders,
        array_agg('vendor_order:' || v.vendor_order_no ORDER BY v.vendor_order_id) AS keys,
        CASE WHEN count(DISTINCT o.currency) = 1 THEN min(o.currency) END AS currency,
        CASE WHEN count(DISTINCT o.currency) = 1 THEN sum(t.amount_minor) END AS amount_minor
    FROM vendor_order AS v
    INNER JOIN partner_feed AS f ON v.vendor_id = f.partner_id AND f.doc_type = 'RECEIPT'
    INNER JOIN sales_order AS o ON v.sales_order_id = o.sales_order_id
    CROSS JOIN
        LATERAL (
            SELECT sum(i.line_total_minor) AS amount_minor
            FROM order_line AS i
            WHERE i.sales_order_id = v.sales_order_id AND i.vendor_id = v.vendor_id
        ) AS t
    WHERE v.status = 'DELIVERED' AND f.promised_within_hours IS NOT NULL
    GROUP BY v.effect_id, v.vendor_id
)

SELECT
    'file:' || (e.facts ->> 'name') AS subject,
    w.vendor_id AS partner_id,
    w.amount_minor::bigint AS amount_minor,
    w.currency,
    e.status_at AS since,
    ARRAY['partner:' || w.vendor_id, 'feed:' || w.vendor_id || '/RECEIPT'] || w.keys AS keys,
    jsonb_build_object(
        'delivered_at', e.status_at, 'promised_within_hours', f.promised_within_hours,
        'target', e.target, 'sha256', e.sha256, 'control_no', e.facts ->> 'control_no',
        'vendor_orders', w.vendor_orders
    ) AS evidence
FROM waiting AS w
INNER JOIN effect AS e ON w.effect_id = e.effect_id
INNER JOIN partner AS p ON w.vendor_id = p.partner_id
INNER JOIN partner_feed AS f ON w.vendor_id = f.partner_id AND f.doc_type = 'RECEIPT'
LEFT JOIN vendor_receipt AS r ON w.effect_id = r.effect_id
WHERE
    r.vendor_receipt_id IS NULL
    AND add_business_hours(p.calendar_id, p.zone, e.status_at, f.promised_within_hours) <= :as_of
