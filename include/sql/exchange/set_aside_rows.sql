-- purpose: put bad rows into quarantine, each with its raw text and the first thing that is wrong.
-- reads: row_fate (one row per row of the run), set_aside, staged_rejected, rejected_raw, source_file
-- writes: quarantine (OPEN)
-- params: as_of
WITH rejected AS (
    SELECT DISTINCT ON (r.source_file_id, r.line_no)
        r.source_file_id,
        r.line_no,
        r.field,
        r.value,
        r.rule,
        r.reason,
        r.remedy,
        w.raw
    FROM staged_rejected AS r
    INNER JOIN rejected_raw AS w ON r.source_file_id = w.source_file_id AND r.line_no = w.line_no
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
        a.remedy,
        a.raw
    FROM set_aside AS a
    UNION ALL
    SELECT
        r.source_file_id,
        r.line_no,
        r.field,
        r.value,
        r.rule,
        r.reason,
        r.remedy,
        r.raw
    FROM rejected AS r
)

INSERT INTO quarantine (
    row_key, doc_type, partner_id, source_file_id, line_no, raw, field, value, rule, reason,
    remedy, first_seen_at, status_at
)
SELECT
    'file:' || p.source_file_id || ':' || p.line_no AS row_key,
    f.doc_type,
    f.partner_id,
    p.source_file_id,
    p.line_no,
    p.raw,
    p.field,
    p.value,
    p.rule,
    p.reason,
    p.remedy,
    :as_of,
    :as_of
FROM problem AS p
INNER JOIN row_fate AS t ON p.source_file_id = t.source_file_id AND p.line_no = t.line_no
INNER JOIN source_file AS f ON p.source_file_id = f.source_file_id
WHERE t.fate = 'quarantined' AND NOT t.corrected
ORDER BY p.source_file_id, p.line_no
