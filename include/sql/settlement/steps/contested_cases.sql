-- purpose: Name the lines that are still equally near to payments of unlike amounts when nothing else of
--   their key can be decided.
-- reads: contested (one row per line group), pass_lines (one row per line), this_pass (one row)
-- writes: step (one row per line)
SELECT
    l.line_no,
    l.line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'AMBIGUOUS_MATCH' AS code,
    l.gross_minor AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    t.reference,
    'equally near payments' AS reason,
    c.candidates
FROM contested AS c
INNER JOIN pass_lines AS l ON c.line_group = l.group_no
CROSS JOIN this_pass AS t
