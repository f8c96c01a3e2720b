-- purpose: one row in quarantine with all that is known of it.
-- reads: quarantine (one row per record set aside), source_file
-- writes: nothing
-- params: quarantine_id
SELECT
    q.quarantine_id,
    q.status,
    q.doc_type,
    q.partner_id,
    f.name AS file,
    q.line_no,
    q.entry_row_id,
    q.field,
    q.value,
    q.rule,
    q.reason,
    q.remedy,
    q.raw,
    q.corrected,
    q.corrected_by,
    q.first_seen_at,
    q.status_at,
    q.status_reason
FROM quarantine AS q
LEFT JOIN source_file AS f ON q.source_file_id = f.source_file_id
WHERE q.quarantine_id = :quarantine_id
