-- purpose: let the planner know how many purchases are not paid yet.
-- reads: standing
-- writes: statistics
-- params: none
ANALYZE standing
