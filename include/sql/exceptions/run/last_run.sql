-- purpose: The newest instant as of which exceptions were raised, if it is later than a given one.
-- reads: run_summary (one row per flow, task, part and instant)
-- writes: rows as_of (none, or the newest)
-- params: flow, task, as_of
SELECT max(as_of) AS as_of
FROM run_summary
WHERE flow = :flow AND task = :task
HAVING max(as_of) > :as_of
