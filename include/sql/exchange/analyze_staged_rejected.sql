-- purpose: let the planner know how many rows the temporary table has.
-- reads: staged_rejected
-- writes: nothing
-- params: none
ANALYZE staged_rejected
