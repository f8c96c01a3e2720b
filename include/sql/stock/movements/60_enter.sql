-- purpose: enter the sound movements in the ledger.
-- reads: new_movement (one row per staged movement) without staged_duplicate and staged_rejected
-- writes: stock_movement
-- params: none
INSERT INTO stock_movement (
    source_doc, line_no, kind, sku, quantity, order_line_id, source_file_id, occurred_at
)
SELECT
    n.source_doc,
    n.document_line,
    n.kind,
    n.sku,
    n.quantity,
    CASE WHEN n.kind = 'DISPATCH' THEN n.order_line_id END AS order_line_id,
    -- what a caller enters comes from no file
    nullif(n.source_file_id, 0) AS source_file_id,
    n.occurred_at
FROM new_movement AS n
LEFT JOIN staged_duplicate AS d
    ON n.source_file_id = d.source_file_id AND n.line_no = d.line_no
LEFT JOIN staged_rejected AS r
    ON n.source_file_id = r.source_file_id AND n.line_no = r.line_no
WHERE d.source_file_id IS NULL AND r.source_file_id IS NULL
ORDER BY n.source_file_id, n.line_no
