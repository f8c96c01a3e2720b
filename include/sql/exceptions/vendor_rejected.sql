-- purpose: A vendor order that the vendor rejected, whole or in part.
-- severity: high
-- grace: 0
-- remedy: Find another vendor for the rejected lines, or tell the customer and refund them.
-- resolves: the vendor accepts after all
-- reads: vendor_order (one row per vendor order), vendor_order_line, order_line (one row per line),
--   vendor_answer (one row per answered line), sales_order (one row per order)
-- writes: one row per vendor order
-- params: as_of
WITH rejected AS (
    SELECT
        l.vendor_order_id,
        sum(l.rejected) AS quantity,
        sum(l.rejected * i.unit_price_minor) AS amount_minor,
        jsonb_agg(
            jsonb_build_object(
                'line_no', l.line_no, 'sku', l.sku, 'rejected', l.rejected, 'reason', l.reason
            ) ORDER BY l.line_no
        ) AS lines
    FROM vendor_order_line AS l
    INNER JOIN order_line AS i ON i.order_line_id = l.order_line_id
    WHERE l.rejected > 0
    GROUP BY l.vendor_order_id
)

SELECT
    v.vendor_order_no AS subject,
    v.vendor_id AS partner_id,
    r.amount_minor::bigint AS amount_minor,
    o.currency,
    coalesce(
        (
            SELECT min(a.answered_at) FROM vendor_answer AS a
            WHERE a.vendor_order_no = v.vendor_order_no AND a.rejected > 0
        ),
        v.status_at
    ) AS since,
    ARRAY[
        'partner:' || v.vendor_id, 'vendor_order:' || v.vendor_order_no, 'order:' || o.order_ref
    ] AS keys,
    jsonb_build_object('status', v.status, 'quantity', r.quantity, 'lines', r.lines) AS evidence
FROM rejected AS r
INNER JOIN vendor_order AS v ON v.vendor_order_id = r.vendor_order_id
INNER JOIN sales_order AS o ON o.sales_order_id = v.sales_order_id
WHERE v.status_at <= :as_of
