-- purpose: how many of the staged movements are new.
-- reads: staged, staged_duplicate (one row per movement)
-- writes: nothing; returns one row
-- params: none
SELECT count(*) AS entered
FROM staged AS s
LEFT JOIN staged_duplicate AS d ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
WHERE d.source_file_id IS NULL
