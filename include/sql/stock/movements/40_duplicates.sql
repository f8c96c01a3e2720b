-- purpose: movements that the ledger has, or that stand in the files twice, and say the same.
-- reads: new_movement (one row per staged movement), stock_movement (one row per key)
-- writes: staged_duplicate (one row per repeated row)
-- params: none
INSERT INTO staged_duplicate (source_file_id, line_no)
SELECT
    n.source_file_id,
    n.line_no
FROM new_movement AS n
LEFT JOIN stock_movement AS m
    ON n.source_doc = m.source_doc AND n.document_line = m.line_no AND n.kind = m.kind
WHERE
    (n.copy > 1 AND n.same AND m.stock_movement_id IS NULL)
    OR (
        n.sku = m.sku
        AND n.quantity = m.quantity
        AND n.order_line_id IS NOT DISTINCT FROM m.order_line_id
    )
