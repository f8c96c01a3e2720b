-- purpose: let the planner know how many rows the temporary table has.
-- reads: staged_duplicate
-- writes: nothing
-- params: none
ANALYZE staged_duplicate
