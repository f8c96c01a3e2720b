-- purpose: The answers as they were said; one to a whole order (no line stated) is said of each line.
-- reads: staged (one row per answered line) without staged_rejected, answer_time
-- writes: vendor_answer (one row per answered line)
INSERT INTO vendor_answer (
    source_file_id, file_line, vendor_id, vendor_order_no, line_no, sku, accepted, rejected,
    backordered, reason, expected_on, answered_at, vendor_order_line_id
)
SELECT
    s.source_file_id,
    s.line_no AS file_line,
    s.partner_id AS vendor_id,
    s.vendor_order_no,
    l.line_no,
    s.sku,
    CASE
        WHEN s.order_line_no IS NOT NULL THEN s.quantity_accepted
        WHEN s.code = 'A' THEN l.quantity
        ELSE 0
    END AS accepted,
    CASE
        WHEN s.order_line_no IS NOT NULL THEN s.quantity_rejected
        WHEN s.code = 'R' THEN l.quantity
        ELSE 0
    END AS rejected,
    s.quantity_backordered AS backordered,
    s.reason,
    s.expected_on,
    f.answered_at,
    l.vendor_order_line_id
FROM staged AS s
INNER JOIN answer_time AS f ON s.source_file_id = f.source_file_id
INNER JOIN vendor_order AS o ON s.vendor_order_no = o.vendor_order_no
INNER JOIN vendor_order_line AS l
    ON
        o.vendor_order_id = l.vendor_order_id
        AND (s.order_line_no = l.line_no OR s.order_line_no IS NULL AND s.code IN ('A', 'R'))
LEFT JOIN staged_rejected AS r
    ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
WHERE r.source_file_id IS NULL
ORDER BY s.source_file_id, s.line_no, l.line_no
