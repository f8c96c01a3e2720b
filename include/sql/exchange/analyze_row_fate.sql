-- purpose: let the planner know how many rows the temporary table has.
-- reads: row_fate
-- writes: nothing
-- params: none
ANALYZE row_fate
