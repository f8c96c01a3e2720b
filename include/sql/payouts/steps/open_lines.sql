-- purpose: The bank lines that wait on: they name a payout that is not late.
-- reads: open_mentions (one row per payout and line), findings (one row per payout and line)
-- writes: open_lines (one row per line)
SELECT DISTINCT m.bank_line_id
FROM open_mentions AS m
WHERE NOT EXISTS (
    SELECT 1 FROM findings AS x
    WHERE x.bank_line_id = m.bank_line_id
)
