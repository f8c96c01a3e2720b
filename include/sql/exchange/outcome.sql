-- purpose: what became of the rows of this run.
-- reads: row_fate (one row per row of the run)
-- writes: nothing
-- params: none
SELECT
    count(*) AS read,
    count(*) FILTER (WHERE t.fate = 'applied') AS applied,
    count(*) FILTER (WHERE t.fate = 'duplicate') AS duplicate,
    count(*) FILTER (WHERE t.fate = 'quarantined') AS quarantined
FROM row_fate AS t
