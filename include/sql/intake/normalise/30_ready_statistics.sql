-- purpose: let the planner know how many orders come.
-- reads: ready, ready_line
-- writes: statistics
-- params: none
ANALYZE ready, ready_line
