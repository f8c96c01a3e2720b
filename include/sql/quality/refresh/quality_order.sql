-- purpose: fill the view that a quality suite looks at.
-- reads: order_balance (order)
-- writes: quality_order
-- params: none
REFRESH MATERIALIZED VIEW quality_order
