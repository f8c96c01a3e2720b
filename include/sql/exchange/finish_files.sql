-- purpose: mark files as loaded, with what became of their rows.
-- reads: row_fate (one row per row of the run)
-- writes: source_file (RECEIVED -> LOADED)
-- params: source_file_ids, as_of
UPDATE source_file AS f
SET
    status = 'LOADED',
    status_at = :as_of,
    rows_read = c.applied + c.duplicate + c.quarantined,
    rows_applied = c.applied,
    rows_duplicate = c.duplicate,
    rows_quarantined = c.quarantined
FROM (
    SELECT
        k.source_file_id,
        count(*) FILTER (WHERE t.fate = 'applied') AS applied,
        count(*) FILTER (WHERE t.fate = 'duplicate') AS duplicate,
        count(*) FILTER (WHERE t.fate = 'quarantined') AS quarantined
    FROM unnest(cast(:source_file_ids AS bigint[])) AS k (source_file_id)
    LEFT JOIN row_fate AS t ON k.source_file_id = t.source_file_id
    GROUP BY k.source_file_id
) AS c
WHERE f.source_file_id = c.source_file_id
