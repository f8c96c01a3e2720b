-- purpose: Take back the run summary of a task and instant that works anew.
-- reads: nothing
-- writes: run_summary (the rows of the task and instant are deleted)
-- params: flow, task, as_of
DELETE FROM run_summary
WHERE flow = :flow AND task = :task AND as_of = :as_of
