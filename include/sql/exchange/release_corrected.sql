-- purpose: release corrected rows that were loaded.
-- reads: row_fate (one row per row of the run)
-- writes: quarantine (CORRECTED -> RELEASED)
-- params: as_of
UPDATE quarantine AS q
SET
    status = 'RELEASED',
    status_at = :as_of,
    status_reason = 'the corrected row was loaded'
FROM row_fate AS t
WHERE
    t.corrected
    AND t.fate <> 'quarantined'
    AND q.source_file_id = t.source_file_id
    AND q.line_no = t.line_no
    AND q.status = 'CORRECTED'
