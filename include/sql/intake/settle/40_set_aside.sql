-- purpose: put unsound rows into quarantine, each once, as they stand.
-- reads: verdict (row), order_entry (row), partner (partner), quarantine (place)
-- writes: quarantine (place)
-- params: as_of
INSERT INTO quarantine (
    row_key, doc_type, partner_id, line_no, entry_row_id, raw, field, value, rule, reason, remedy,
    first_seen_at, status_at, status_reason
)
SELECT
    'entry:' || v.entry_row_id AS row_key,
    'ORDER_ENTRY' AS doc_type,
    p.partner_id,
    e.line_no,
    v.entry_row_id,
    entry_text(e) AS raw,
    v.field,
    mask_card_numbers(v.value) AS value,
    v.rule,
    v.reason,
    v.remedy,
    :as_of AS first_seen_at,
    :as_of AS status_at,
    v.rule AS status_reason
FROM verdict AS v
INNER JOIN order_entry AS e ON v.entry_row_id = e.entry_row_id
LEFT JOIN partner AS p ON e.storefront = p.partner_id
LEFT JOIN quarantine AS q ON v.entry_row_id = q.entry_row_id
WHERE v.status = 'QUARANTINED' AND q.quarantine_id IS NULL
ORDER BY v.entry_row_id
