-- purpose: let the planner know how many parts come.
-- reads: fate
-- writes: statistics
-- params: none
ANALYZE fate
