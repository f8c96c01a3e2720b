-- purpose: fill the view that a quality suite looks at.
-- reads: settlement_line (line)
-- writes: quality_settlement_line
-- params: none
REFRESH MATERIALIZED VIEW quality_settlement_line
