-- purpose: fill the view that a quality suite looks at.
-- reads: order_entry (row)
-- writes: quality_order_entry
-- params: none
REFRESH MATERIALIZED VIEW quality_order_entry
