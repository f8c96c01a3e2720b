-- purpose: Name the lines for which the search for a subset could not decide, with its verdict.
-- reads: undecided (one row per line), open_lines (one row per line)
-- writes: step (one row per line)
SELECT
    l.line_no,
    l.line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    'AMBIGUOUS_MATCH' AS code,
    l.gross_minor AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    'payout_ref' AS reference,
    u.reason,
    u.candidates
FROM undecided AS u
INNER JOIN open_lines AS l ON u.line_no = l.line_no
