-- purpose: the rows are orders now.
-- reads: ready_line (row)
-- writes: order_entry (row)
-- params: as_of
UPDATE order_entry AS e SET
    status = 'NORMALISED',
    status_at = :as_of,
    status_reason = NULL
FROM ready_line AS l
WHERE e.entry_row_id = l.entry_row_id
