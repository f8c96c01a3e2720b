-- purpose: move released rows in their file's counts from quarantined to what became of them.
-- reads: row_fate (one row per row of the run)
-- writes: source_file
-- params: none
UPDATE source_file AS f
SET
    rows_applied = f.rows_applied + c.applied,
    rows_duplicate = f.rows_duplicate + c.duplicate,
    rows_quarantined = f.rows_quarantined - c.applied - c.duplicate
FROM (
    SELECT
        t.source_file_id,
        count(*) FILTER (WHERE t.fate = 'applied') AS applied,
        count(*) FILTER (WHERE t.fate = 'duplicate') AS duplicate
    FROM row_fate AS t
    WHERE t.corrected
    GROUP BY t.source_file_id
) AS c
WHERE f.source_file_id = c.source_file_id
