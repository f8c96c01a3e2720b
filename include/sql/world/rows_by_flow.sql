-- purpose: how many rows each flow read, over all its runs.
-- reads: run_summary (one row per flow, task, part and instant)
SELECT
    r.flow,
    CAST(sum(r.read) AS bigint) AS rows
FROM run_summary AS r
GROUP BY r.flow
ORDER BY r.flow
