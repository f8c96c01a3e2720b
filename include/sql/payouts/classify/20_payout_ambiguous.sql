-- purpose: A bank line that could be one of several payouts, or a payout that could be one of several bank
--   lines, with nothing to tell which.
-- reads: payer_candidates (one row per payout and line), ambiguous_sums (one row per line of which several sets
--   of payouts make the amount), bank_lines (one row per line)
-- writes: rows code, payout_id, bank_line_id, amount_minor, expected_minor, found_minor, reason
SELECT
    'PAYOUT_AMBIGUOUS' AS code,
    c.payout_id,
    c.bank_line_id,
    abs(c.line_minor) AS amount_minor,
    c.amount_minor AS expected_minor,
    c.line_minor AS found_minor,
    'Payer and amount fit more than one pair of payout and bank line.' AS reason
FROM payer_candidates AS c
WHERE c.line_minor = c.amount_minor
UNION ALL
SELECT
    'PAYOUT_AMBIGUOUS' AS code,
    CAST(NULL AS BIGINT) AS payout_id,
    l.bank_line_id,
    abs(l.amount_minor) AS amount_minor,
    CAST(NULL AS BIGINT) AS expected_minor,
    l.amount_minor AS found_minor,
    a.reason
FROM ambiguous_sums AS a
INNER JOIN bank_lines AS l ON l.bank_line_id = a.bank_line_id
