-- purpose: The bank lines that are not matched and in no finding, and that name no open payout.
-- reads: bank_lines (one row per line), pairs, findings (one row per payout and line), open_mentions (one row per
--   payout and line)
-- writes: rest_lines (one row per line)
SELECT l.*
FROM bank_lines AS l
WHERE
    NOT EXISTS (
        SELECT 1 FROM pairs AS x
        WHERE x.bank_line_id = l.bank_line_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM findings AS x
        WHERE x.bank_line_id = l.bank_line_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM open_mentions AS x
        WHERE x.bank_line_id = l.bank_line_id
    )
