-- purpose: Shipped lines that cannot be taken: what they speak of is unknown, or more is shipped than the
--   vendor may still ship. A line without its answer may ship what was ordered: it waits.
-- reads: staged (one row per shipped line) without staged_duplicate, vendor_order, vendor_order_line,
--   shipment_line, partner (CARRIER)
-- writes: staged_rejected (one row per refused row, with the first rule that it breaks)
-- params: tracking_no_shape (a regular expression)
WITH
known AS (
    SELECT
        s.*,
        l.vendor_order_line_id,
        l.quantity - l.rejected AS may_ship,
        CASE
            WHEN o.vendor_order_id IS NULL THEN 'unknown-order'
            WHEN l.vendor_order_line_id IS NULL THEN 'unknown-line'
            WHEN s.sku <> l.sku THEN 'other-sku'
            WHEN c.partner_id IS NULL THEN 'unknown-carrier'
            WHEN s.tracking_no !~ :tracking_no_shape THEN 'tracking-number'
            WHEN s.quantity > l.quantity - l.rejected THEN 'over-shipment'
        END AS rule
    FROM staged AS s
    LEFT JOIN staged_duplicate AS d
        ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
    LEFT JOIN vendor_order AS o
        ON s.vendor_order_no = o.vendor_order_no AND s.partner_id = o.vendor_id
    LEFT JOIN vendor_order_line AS l
        ON o.vendor_order_id = l.vendor_order_id AND s.order_line_no = l.line_no
    LEFT JOIN partner AS c ON s.carrier = c.partner_id AND c.kind = 'CARRIER'
    WHERE d.source_file_id IS NULL
),

before AS (
    SELECT
        h.vendor_order_no,
        h.line_no,
        sum(h.quantity) AS shipped
    FROM shipment_line AS h
    WHERE h.vendor_order_no IN (SELECT s.vendor_order_no FROM staged AS s)
    GROUP BY h.vendor_order_no, h.line_no
),

running AS (
    SELECT
        k.*,
        coalesce(b.shipped, 0) + sum(k.quantity) FILTER (WHERE k.rule IS NULL) OVER (
            PARTITION BY k.vendor_order_line_id
            ORDER BY k.shipped_at, k.source_file_id, k.line_no
        ) AS shipped_so_far
    FROM known AS k
    LEFT JOIN before AS b
        ON k.vendor_order_no = b.vendor_order_no AND k.order_line_no = b.line_no
),

judged AS (
    SELECT
        r.*,
        coalesce(
            r.rule, CASE WHEN r.shipped_so_far > r.may_ship THEN 'over-shipment' END
        ) AS verdict
    FROM running AS r
)

INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    j.source_file_id,
    j.line_no,
    v.field,
    CASE v.field
        WHEN 'vendor_order_no' THEN j.vendor_order_no
        WHEN 'order_line_no' THEN j.order_line_no::text
        WHEN 'sku' THEN j.sku
        WHEN 'carrier' THEN j.carrier
        WHEN 'tracking_no' THEN j.tracking_no
        ELSE j.quantity::text
    END AS value,
    v.rule,
    v.reason,
    v.remedy
FROM judged AS j
INNER JOIN (
    VALUES
    (
        'unknown-order', 'vendor_order_no', 'This vendor has no order of that number.',
        'Ask the vendor which order it means, and correct the number.'
    ),
    (
        'unknown-line', 'order_line_no', 'The order has no such line.',
        'Ask the vendor which line it means, and correct the number.'
    ),
    (
        'other-sku', 'sku', 'The line was ordered with another SKU.',
        'Ask the vendor what it shipped; a substitute needs a new order.'
    ),
    (
        'unknown-carrier', 'carrier', 'No carrier of ours has that name.',
        'Register the carrier, or correct its name, and release the row.'
    ),
    (
        'tracking-number', 'tracking_no', 'This has not the shape of a tracking number.',
        'Ask the vendor for the number, and correct it.'
    ),
    (
        'over-shipment', 'quantity', 'More is shipped than the vendor may still ship.',
        'Ask the vendor what it shipped, and correct the quantity or discard the row.'
    )
) AS v (rule, field, reason, remedy) ON j.verdict = v.rule
