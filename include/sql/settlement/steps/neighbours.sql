-- purpose: The pairs of groups that may be each other's nearest, where a slot has one amount of payments:
--   every line of it is next to that. steps/crowded_neighbours.sql adds the other slots'.
-- reads: slot_lines (one row per slot and line group)
-- writes: neighbours (one row per payment group and line group)
SELECT
    slot_no AS payment_group,
    group_no AS line_group,
    slot_no,
    gateway,
    least_minor AS settle_minor,
    abs(settle_minor - least_minor) AS apart_minor,
    apart_days
FROM slot_lines
WHERE least_minor = most_minor
