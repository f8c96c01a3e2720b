-- purpose: the rows that the rules look at: the work without copies. The head of an entry is its row
--   of the lowest line; what all rows of an entry repeat is judged on its head alone. The entry came with its first row.
-- reads: work (row), twin (row), order_entry (row)
-- writes: temporary table candidate (row)
-- params: none
CREATE TEMP TABLE candidate ON COMMIT DROP AS
SELECT
    e.*,
    t.first_row_id,
    min(e.entry_row_id) OVER (PARTITION BY e.entry_id) AS first_of_entry,
    row_number() OVER (
        PARTITION BY
            coalesce(e.entry_id::text, e.entry_row_id::text), t.first_row_id IS NOT NULL
        ORDER BY e.line_no, e.entry_row_id
    ) = 1 AND t.first_row_id IS NULL AS is_head
FROM work AS w
INNER JOIN order_entry AS e ON w.entry_row_id = e.entry_row_id
LEFT JOIN twin AS t ON w.entry_row_id = t.entry_row_id
WHERE t.same_body IS NULL OR NOT t.same_body
