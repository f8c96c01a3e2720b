-- purpose: Answers that cannot be taken: what they speak of is unknown, or their quantities cannot be.
-- reads: staged (one row per answered line), vendor_order, vendor_order_line, vendor_answer
-- writes: staged_rejected (one row per refused row, with the first rule that it breaks); an answer to a
--   whole order states no line and is judged for each
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT DISTINCT ON (j.source_file_id, j.line_no)
    j.source_file_id,
    j.line_no,
    v.field,
    CASE v.field
        WHEN 'vendor_order_no' THEN j.vendor_order_no
        WHEN 'order_line_no' THEN j.order_line_no::text
        WHEN 'sku' THEN j.sku
        WHEN 'code' THEN j.code
        ELSE j.quantity_accepted::text
    END AS value,
    j.rule,
    v.reason,
    v.remedy
FROM (
    SELECT
        s.*,
        CASE
            WHEN o.vendor_order_id IS NULL THEN 'unknown-order'
            WHEN l.vendor_order_line_id IS NULL THEN 'unknown-line'
            WHEN s.sku <> l.sku THEN 'other-sku'
            WHEN
                s.order_line_no IS NOT NULL
                AND s.quantity_accepted + s.quantity_rejected + s.quantity_backordered
                NOT BETWEEN 1 AND l.quantity
                THEN 'quantity'
            WHEN
                s.code IN ('A', 'R') AND s.quantity_backordered > 0
                OR s.code IN ('A', 'B') AND s.quantity_rejected > 0
                OR s.code IN ('R', 'B') AND s.quantity_accepted > 0
                THEN 'code'
            WHEN
                CASE
                    WHEN s.order_line_no IS NULL AND s.code = 'A' THEN l.quantity
                    ELSE s.quantity_accepted
                END < l.shipped
                AND f.answered_at >= coalesce(
                    (
                        SELECT max(a.answered_at) FROM vendor_answer AS a
                        WHERE a.vendor_order_no = s.vendor_order_no AND a.line_no = l.line_no
                    ), f.answered_at
                )
                THEN 'shipped-already'
        END AS rule
    FROM staged AS s
    INNER JOIN answer_time AS f ON s.source_file_id = f.source_file_id
    LEFT JOIN vendor_order AS o
        ON s.vendor_order_no = o.vendor_order_no AND s.partner_id = o.vendor_id
    LEFT JOIN vendor_order_line AS l
        ON
            o.vendor_order_id = l.vendor_order_id
            AND (s.order_line_no = l.line_no OR s.order_line_no IS NULL AND s.code IN ('A', 'R'))
) AS j
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
        'Ask the vendor; a substitute needs a new order.'
    ),
    (
        'quantity',
        'quantity_accepted',
        'The quantities add up to nothing, or to more than was ordered.',
        'Ask the vendor for the quantities, and correct them.'
    ),
    (
        'code', 'code', 'The code says other than the quantities.',
        'Ask the vendor which holds, and correct the row.'
    ),
    (
        'shipped-already', 'quantity_accepted', 'Less is accepted than has been shipped.',
        'Ask the vendor what it shipped; discard the row if the shipment holds.'
    )
) AS v (rule, field, reason, remedy) ON j.rule = v.rule
ORDER BY j.source_file_id ASC, j.line_no ASC, j.rule ASC
