-- purpose: line 0 says that an order has no lines: it has no product, and no lines beside it.
-- reads: candidate (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'line-zero' AS rule,
    'line_no' AS field,
    '0' AS value,
    CASE
        WHEN
            c.sku IS NOT NULL
            THEN 'Line 0 stands for an order without lines, yet it has a product.'
        ELSE 'Line 0 stands for an order without lines, yet the entry has lines.'
    END AS reason,
    'Number the lines from 1.' AS remedy
FROM candidate AS c
WHERE
    c.line_no = 0
    AND c.first_row_id IS NULL
    AND (
        c.sku IS NOT NULL OR c.entry_id IN (
            SELECT l.entry_id FROM candidate AS l
            WHERE l.line_no > 0
        )
    )
