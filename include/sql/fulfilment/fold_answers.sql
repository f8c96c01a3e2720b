-- purpose: What holds for each line: the vendor's latest word, by its time, then by file and place in it.
-- reads: touched_order, vendor_answer (one row per answered line)
-- writes: vendor_order_line (accepted, rejected, backordered, reason)
UPDATE vendor_order_line AS l
SET
    accepted = a.accepted,
    rejected = a.rejected,
    backordered = a.backordered,
    reason = a.reason
FROM (
    SELECT DISTINCT ON (w.vendor_order_line_id)
        w.vendor_order_line_id,
        w.accepted,
        w.rejected,
        w.backordered,
        w.reason
    FROM touched_order AS t
    INNER JOIN vendor_order AS o ON t.vendor_order_id = o.vendor_order_id
    INNER JOIN vendor_answer AS w ON o.vendor_order_no = w.vendor_order_no
    WHERE w.vendor_order_line_id IS NOT NULL
    ORDER BY
        w.vendor_order_line_id ASC, w.answered_at DESC, w.source_file_id DESC, w.file_line DESC
) AS a
WHERE
    l.vendor_order_line_id = a.vendor_order_line_id
    AND (l.accepted, l.rejected, l.backordered, coalesce(l.reason, ''))
    <> (a.accepted, a.rejected, a.backordered, coalesce(a.reason, ''))
