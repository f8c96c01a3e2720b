-- purpose: The newest run of each task.
-- reads: run_summary (one row per flow, task, part and instant)
-- writes: rows flow, task, as_of, read, applied, duplicate, quarantined, deferred
SELECT
    r.flow,
    r.task,
    r.as_of,
    sum(r.read)::bigint AS read,
    sum(r.applied)::bigint AS applied,
    sum(r.duplicate)::bigint AS duplicate,
    sum(r.quarantined)::bigint AS quarantined,
    sum(r.deferred)::bigint AS deferred
FROM run_summary AS r
INNER JOIN (
    SELECT
        flow,
        task,
        max(as_of) AS as_of
    FROM run_summary
    GROUP BY flow, task
) AS n ON n.flow = r.flow AND n.task = r.task AND n.as_of = r.as_of
GROUP BY r.flow, r.task, r.as_of
ORDER BY r.as_of DESC, r.flow ASC, r.task ASC
