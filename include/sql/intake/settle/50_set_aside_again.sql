-- purpose: tell the present fault of rows that are in quarantine already, and take back corrections
--   that did not help.
-- reads: verdict (row), order_entry (row)
-- writes: quarantine (place)
-- params: as_of
UPDATE quarantine AS q SET
    raw = entry_text(e),
    field = v.field,
    value = mask_card_numbers(v.value),
    rule = v.rule,
    reason = v.reason,
    remedy = v.remedy,
    status = 'OPEN',
    status_at = :as_of,
    status_reason = v.rule
FROM verdict AS v
INNER JOIN order_entry AS e ON v.entry_row_id = e.entry_row_id
WHERE
    q.entry_row_id = v.entry_row_id
    AND v.status = 'QUARANTINED'
    AND (
        q.status <> 'OPEN'
        OR (q.rule, q.field, q.reason) IS DISTINCT FROM (v.rule, v.field, v.reason)
    )
