-- purpose: where the rows stand that the slice rejected.
-- reads: row_fate (one row per row of the run), staged_rejected
-- writes: nothing
-- params: none
SELECT DISTINCT
    f.source_file_id,
    f.line_no
FROM row_fate AS f
INNER JOIN staged_rejected AS r
    ON f.source_file_id = r.source_file_id AND f.line_no = r.line_no
WHERE NOT f.corrected
ORDER BY f.source_file_id, f.line_no
