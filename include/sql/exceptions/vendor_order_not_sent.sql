-- purpose: A vendor order that is in no file to its vendor although a run since it was planned should have
--   put it into one: as a rule the vendor has no feed for purchase orders, or its format cannot say what is
--   ordered.
-- severity: high
-- grace: 1 run
-- remedy: Add the feed PURCHASE_ORDER to the vendor (tieout partners load); the next run sends the order. If
--   there is one, correct what `not_written` in the evidence names, which any order of the vendor may be.
-- resolves: the order stands in a file
-- reads: vendor_order (one row per vendor order), vendor_order_line, order_line (one row per line),
--   sales_order, partner (one row each), partner_feed (one row per partner and document type)
-- writes: one row per vendor order
-- params: as_of
WITH waiting AS (
    SELECT
        v.vendor_order_id,
        sum(i.line_total_minor) AS amount_minor
    FROM vendor_order AS v
    INNER JOIN vendor_order_line AS l ON v.vendor_order_id = l.vendor_order_id
    INNER JOIN order_line AS i ON l.order_line_id = i.order_line_id
    WHERE
        v.status = 'PLANNED'
        AND v.status_at <= cast(:as_of AS timestamptz)
        - CASE WHEN v.not_written IS NULL THEN interval '1 hour' ELSE interval '0' END
    GROUP BY v.vendor_order_id
)

SELECT
    v.vendor_order_no AS subject,
    v.vendor_id AS partner_id,
    w.amount_minor::bigint AS amount_minor,
    o.currency,
    v.status_at AS since,
    ARRAY[
        'partner:' || v.vendor_id, 'vendor_order:' || v.vendor_order_no, 'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object(
        'has_feed', f.partner_id IS NOT NULL, 'active', p.active, 'ship_by', v.ship_by,
        'not_written', v.not_written
    ) AS evidence
FROM waiting AS w
INNER JOIN vendor_order AS v ON w.vendor_order_id = v.vendor_order_id
INNER JOIN sales_order AS o ON v.sales_order_id = o.sales_order_id
INNER JOIN partner AS p ON v.vendor_id = p.partner_id
LEFT JOIN partner_feed AS f
    ON v.vendor_id = f.partner_id AND f.doc_type = 'PURCHASE_ORDER'
