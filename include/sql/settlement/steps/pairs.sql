-- purpose: The matches of all passes.
-- reads: exact_pairs, other_pairs (one row per match)
-- writes: pairs (one row per match)
CREATE TEMP VIEW pairs AS
SELECT
    'exact_reference' AS pass,
    *
FROM exact_pairs
UNION ALL
SELECT *
FROM other_pairs
