-- purpose: a correction that cannot be read as a row.
-- reads: candidate (row), quarantine (place), order_entry (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'correction-form' AS rule,
    'corrected' AS field,
    left(q.corrected, 200) AS value,
    'The correction is no JSON object with columns of order_entry.' AS reason,
    'Take the raw text of the row, change what is wrong and keep the rest as it is.' AS remedy
FROM candidate AS c
INNER JOIN quarantine AS q ON c.entry_row_id = q.entry_row_id AND q.status = 'CORRECTED'
INNER JOIN order_entry AS e ON c.entry_row_id = e.entry_row_id
WHERE corrected_entry(e, q.corrected) IS NULL
