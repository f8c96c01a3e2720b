-- purpose: A payout that is late, and that bank lines name which do not come to its amount. Until then further
--   parts of it may come.
-- reads: open_mentions (one row per payout and line that names it)
-- writes: rows code, payout_id, bank_line_id, amount_minor, expected_minor, found_minor, reason
SELECT
    'PAYOUT_AMOUNT_DIFFERS' AS code,
    m.payout_id,
    m.bank_line_id,
    abs(sum(m.line_minor) OVER (PARTITION BY m.payout_id) - m.amount_minor) AS amount_minor,
    m.amount_minor AS expected_minor,
    m.line_minor AS found_minor,
    'The bank line names the payout, its amount is another.' AS reason
FROM open_mentions AS m
WHERE m.is_late = 1
