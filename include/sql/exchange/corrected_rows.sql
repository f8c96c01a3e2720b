-- purpose: quarantined rows of files that a person corrected; nobody else works on them now.
-- reads: quarantine (one row per record set aside), source_file
-- writes: nothing
-- params: doc_type, partner_ids
SELECT
    q.source_file_id,
    q.line_no,
    q.corrected,
    f.partner_id,
    f.name,
    f.sha256,
    f.format_id,
    f.facts -> 'accepted_unbalanced' IS NOT NULL AS accepted_unbalanced
FROM quarantine AS q
INNER JOIN source_file AS f ON q.source_file_id = f.source_file_id
WHERE
    q.status = 'CORRECTED'
    AND q.doc_type = :doc_type
    AND q.partner_id = any(cast(:partner_ids AS text[]))
ORDER BY q.source_file_id, q.line_no
FOR UPDATE OF q SKIP LOCKED
