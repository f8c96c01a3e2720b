-- purpose: one key has one body; a second row with the same entry and line that says something else.
-- reads: candidate (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'conflict' AS rule,
    'entry_id' AS field,
    c.entry_id || ', line ' || c.line_no AS value,
    'Row ' || c.first_row_id || ' has the same entry and line and says something else.' AS reason,
    'Ask the storefront which row holds; discard the other.' AS remedy
FROM candidate AS c
WHERE c.first_row_id IS NOT NULL
