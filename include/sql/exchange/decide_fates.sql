-- purpose: what became of each row of this run.
-- reads: staged (one row per row read well), staged_rejected and staged_duplicate (the slice's word,
--   several per row allowed), set_aside (one row per row read badly), corrected_row
-- writes: row_fate (one row per row of the run)
-- params: none
CREATE TEMP TABLE row_fate ON COMMIT DROP AS
WITH rejected AS (
    SELECT DISTINCT
        r.source_file_id,
        r.line_no
    FROM staged_rejected AS r
),

known AS (
    SELECT DISTINCT
        d.source_file_id,
        d.line_no
    FROM staged_duplicate AS d
),

fate AS (
    SELECT
        s.source_file_id,
        s.line_no,
        CASE
            WHEN r.line_no IS NOT NULL THEN 'quarantined'
            WHEN k.line_no IS NOT NULL THEN 'duplicate'
            ELSE 'applied'
        END AS fate
    FROM staged AS s
    LEFT JOIN rejected AS r ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
    LEFT JOIN known AS k ON s.source_file_id = k.source_file_id AND s.line_no = k.line_no
    UNION ALL
    SELECT
        a.source_file_id,
        a.line_no,
        'quarantined' AS fate
    FROM set_aside AS a
)

SELECT
    f.source_file_id,
    f.line_no,
    f.fate,
    c.line_no IS NOT NULL AS corrected
FROM fate AS f
LEFT JOIN corrected_row AS c ON f.source_file_id = c.source_file_id AND f.line_no = c.line_no
