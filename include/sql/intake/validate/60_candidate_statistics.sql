-- purpose: let the planner know how large the candidates are.
-- reads: candidate
-- writes: statistics
-- params: none
ANALYZE candidate
