-- purpose: let the planner know how many lines come.
-- reads: due_line
-- writes: statistics
-- params: none
ANALYZE due_line
