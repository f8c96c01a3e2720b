-- purpose: write the verdicts to the rows.
-- reads: verdict (row)
-- writes: order_entry (row whose state changes)
-- params: as_of
UPDATE order_entry AS e SET
    status = v.status,
    status_at = :as_of,
    status_reason = v.rule
FROM verdict AS v
WHERE e.entry_row_id = v.entry_row_id AND v.status <> v.was
