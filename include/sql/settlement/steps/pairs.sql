-- purpose: The matches of all passes.
-- reads: exact_pairs, other_pairs (one row per match)
-- writes: pairs (one row per match)
CREATE TEMP VIEW pairs AS
SELECT
    'exact_reference' AS pass,
    payment_no,
    payment_id,
    line_id,
    amount_minor,
    CAST(0 AS BIGINT) AS variance_minor
FROM exact_pairs
UNION ALL
SELECT
    pass,
    payment_no,
    payment_id,
    line_id,
    amount_minor,
    variance_minor
FROM other_pairs
