-- purpose: spool rows that are in the table, or earlier in the spool, word by word.
-- reads: seen (row)
-- writes: staged_duplicate (row of a file)
-- params: none
INSERT INTO staged_duplicate (source_file_id, line_no)
SELECT
    s.source_file_id,
    s.file_line
FROM seen AS s
WHERE s.same_body
