-- purpose: the instant of the newest quality results; null before the first check.
-- reads: quality_result (one row per expectation and instant)
-- writes: one row
SELECT max(r.as_of) AS as_of
FROM quality_result AS r
