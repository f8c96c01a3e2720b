-- purpose: the sum of an entry's lines is its order's total, else a line is missing or wrong. Looked at
--   only where nothing else is wrong, so that one cause makes one finding.
-- reads: candidate (row), finding (row)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
WITH sums AS (
    SELECT
        c.entry_id,
        sum(c.line_total_minor) AS total_minor
    FROM candidate AS c
    WHERE c.first_row_id IS NULL AND c.line_no > 0
    GROUP BY c.entry_id
)

SELECT
    c.entry_row_id,
    c.entry_id,
    'order-adds-up' AS rule,
    'order_total_minor' AS field,
    c.order_total_minor::text AS value,
    'The lines of the entry add up to ' || s.total_minor || '.' AS reason,
    'Send the line that is missing, or correct the total.' AS remedy
FROM candidate AS c
INNER JOIN sums AS s ON c.entry_id = s.entry_id
WHERE
    c.is_head
    AND c.order_total_minor <> s.total_minor
    AND c.entry_id NOT IN (
        SELECT f.entry_id FROM finding AS f
        WHERE f.entry_id IS NOT NULL
    )
