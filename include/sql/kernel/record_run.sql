-- purpose: add a run's counts to its summary; a re-run in which nothing is left to do adds nothing.
--   What waits is a state, not an event: the latest count of deferred rows replaces the one before.
-- reads: nothing
-- writes: run_summary (one row per flow, task, part and instant)
-- params: flow, task, part, as_of, read, applied, duplicate, quarantined, deferred
INSERT INTO run_summary AS s (
    flow, task, part, as_of, read, applied, duplicate, quarantined, deferred
)
VALUES (:flow, :task, :part, :as_of, :read, :applied, :duplicate, :quarantined, :deferred)
ON CONFLICT (flow, task, part, as_of) DO UPDATE SET
    read = s.read - s.deferred + excluded.read,
    applied = s.applied + excluded.applied,
    duplicate = s.duplicate + excluded.duplicate,
    quarantined = s.quarantined + excluded.quarantined,
    deferred = excluded.deferred
