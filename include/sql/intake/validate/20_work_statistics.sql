-- purpose: let the planner know how large the work is.
-- reads: work, order_entry
-- writes: statistics
-- params: none
ANALYZE work, order_entry
