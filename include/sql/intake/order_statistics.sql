-- purpose: let the planner know of a large delivery at once.
-- reads: customer, address, sales_order, order_line, service, payment, order_entry
-- writes: statistics
-- params: none
ANALYZE customer, address, sales_order, order_line, service, payment, order_entry
