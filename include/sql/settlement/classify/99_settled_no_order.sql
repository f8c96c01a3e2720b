-- purpose: Name every line that is left: nothing that we sold explains it.
-- cardinality: one row per line; takes no payment
-- reads: open_lines (one row per line)
-- writes: step (one row per line)
SELECT
    line_no,
    line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'SETTLED_NO_ORDER' AS code,
    gross_minor AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    CASE WHEN 1 = 0 THEN 'none' END AS reference,
    CASE
        WHEN ref_key IS NULL AND order_key IS NULL THEN 'no reference'
        ELSE 'unknown reference'
    END AS reason,
    CAST(0 AS BIGINT) AS candidates
FROM open_lines
