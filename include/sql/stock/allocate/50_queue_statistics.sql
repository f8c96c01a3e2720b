-- purpose: let the planner know how many wait.
-- reads: stock_queue
-- writes: statistics
-- params: none
ANALYZE stock_queue
