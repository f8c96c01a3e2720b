-- purpose: give back corrected rows that are still wrong, with what is wrong now.
-- reads: row_fate (one row per row of the run), set_aside, staged_rejected
-- writes: quarantine (CORRECTED -> OPEN)
-- params: as_of
WITH rejected AS (
    SELECT DISTINCT ON (r.source_file_id, r.line_no)
        r.source_file_id,
        r.line_no,
        r.field,
        r.value,
        r.rule,
        r.reason,
        r.remedy
    FROM staged_rejected AS r
    ORDER BY r.source_file_id, r.line_no, r.rule, r.field
),

problem AS (
    SELECT
        a.source_file_id,
        a.line_no,
        a.field,
        a.value,
        a.rule,
        a.reason,
        a.remedy
    FROM set_aside AS a
    UNION ALL
    SELECT
        r.source_file_id,
        r.line_no,
        r.field,
        r.value,
        r.rule,
        r.reason,
        r.remedy
    FROM rejected AS r
)

UPDATE quarantine AS q
SET
    field = p.field,
    value = p.value,
    rule = p.rule,
    reason = p.reason,
    remedy = p.remedy,
    status = 'OPEN',
    status_at = :as_of,
    status_reason = 'the corrected row is still wrong'
FROM problem AS p
INNER JOIN row_fate AS t ON p.source_file_id = t.source_file_id AND p.line_no = t.line_no
WHERE
    t.corrected
    AND t.fate = 'quarantined'
    AND q.source_file_id = p.source_file_id
    AND q.line_no = p.line_no
    AND q.status = 'CORRECTED'
