-- purpose: let the planner know how many verdicts there are.
-- reads: verdict
-- writes: statistics
-- params: none
ANALYZE verdict
