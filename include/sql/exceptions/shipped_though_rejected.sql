-- purpose: A vendor order of which more was shipped than its vendor, by its latest word, had not rejected:
--   goods are on the way that nobody counts on.
-- severity: high
-- grace: 0
-- remedy: Ask the vendor which of the two holds, before the rejected lines are bought elsewhere or refunded.
-- resolves: the vendor accepts what it shipped
-- reads: vendor_order_line, order_line, shipment_line (one row per line), vendor_order, sales_order,
--   source_file (one row each)
-- writes: one row per vendor order
-- params: as_of
WITH overshipped AS (
    SELECT
        l.vendor_order_id,
        l.order_line_id,
        l.line_no,
        l.sku,
        l.reason,
        l.quantity - l.rejected AS may_ship,
        sum(s.quantity) AS shipped,
        min(s.shipped_at) AS shipped_at
    FROM vendor_order_line AS l
    INNER JOIN vendor_order AS v ON l.vendor_order_id = v.vendor_order_id
    INNER JOIN shipment_line AS s
        ON v.vendor_order_no = s.vendor_order_no AND l.line_no = s.line_no
    INNER JOIN source_file AS f ON s.source_file_id = f.source_file_id
    WHERE l.rejected > 0 AND f.received_at <= :as_of
    GROUP BY l.vendor_order_line_id
    HAVING sum(s.quantity) > l.quantity - l.rejected
)

SELECT
    v.vendor_order_no AS subject,
    v.vendor_id AS partner_id,
    sum((c.shipped - c.may_ship) * i.unit_price_minor)::bigint AS amount_minor,
    o.currency,
    min(c.shipped_at) AS since,
    ARRAY[
        'partner:' || v.vendor_id, 'vendor_order:' || v.vendor_order_no, 'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object(
        'status', v.status,
        'lines', jsonb_agg(
            jsonb_build_object(
                'line_no', c.line_no, 'sku', c.sku, 'shipped', c.shipped,
                'not_rejected', c.may_ship, 'reason', c.reason
            ) ORDER BY c.line_no
        )
    ) AS evidence
FROM overshipped AS c
INNER JOIN vendor_order AS v ON c.vendor_order_id = v.vendor_order_id
INNER JOIN sales_order AS o ON v.sales_order_id = o.sales_order_id
INNER JOIN order_line AS i ON c.order_line_id = i.order_line_id
GROUP BY v.vendor_order_id, o.sales_order_id
