-- purpose: Hold what the passes matched on a business date.
-- reads: found_matches (one row per payment and line), this_day (one row)
-- writes: state (one row per payment and line)
INSERT INTO state
SELECT
    cast(m.payment_id AS bigint) AS payment_id,
    cast(m.line_id AS bigint) AS line_id,
    m.line_id AS held_by,
    m.pass AS origin,
    t.day,
    m.amount_minor
FROM found_matches AS m
CROSS JOIN this_day AS t
