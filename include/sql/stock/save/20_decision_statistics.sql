-- purpose: let the planner know how many lines change.
-- reads: decision
-- writes: statistics
-- params: none
ANALYZE decision
