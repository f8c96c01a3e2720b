-- purpose: rows in quarantine, the oldest first.
-- reads: quarantine (one row per record set aside), source_file
-- writes: nothing
-- params: status, doc_type (or null), partner_id (or null), after (the last row of the page before, 0 for
--   the first page), limit
SELECT
    q.quarantine_id,
    q.status,
    q.doc_type,
    q.partner_id,
    f.name,
    q.line_no,
    q.field,
    q.value,
    q.rule,
    q.reason
FROM quarantine AS q
LEFT JOIN source_file AS f ON q.source_file_id = f.source_file_id
WHERE
    q.status = :status
    AND q.quarantine_id > :after
    AND q.doc_type = coalesce(cast(:doc_type AS text), q.doc_type)
    AND (cast(:partner_id AS text) IS NULL OR q.partner_id = :partner_id)
ORDER BY q.quarantine_id
LIMIT :limit
