-- purpose: Tell the planner how many vendor orders a transaction touches.
-- reads: touched_order
-- writes: nothing
ANALYZE touched_order
