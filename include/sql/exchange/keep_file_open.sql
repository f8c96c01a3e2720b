-- purpose: give back corrected rows that do not fit into their file, saying why.
-- reads: corrected_row (one row per row read again)
-- writes: quarantine (CORRECTED -> OPEN)
-- params: source_file_id, reason, as_of
UPDATE quarantine AS q
SET
    status = 'OPEN',
    status_at = :as_of,
    status_reason = :reason
FROM corrected_row AS c
WHERE
    q.source_file_id = :source_file_id
    AND q.source_file_id = c.source_file_id
    AND q.line_no = c.line_no
    AND q.status = 'CORRECTED'
