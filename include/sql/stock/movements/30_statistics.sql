-- purpose: let the planner know how many movements come.
-- reads: new_movement
-- writes: statistics
-- params: none
ANALYZE new_movement
