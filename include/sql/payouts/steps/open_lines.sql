-- purpose: The bank lines that wait on: they name a payout that is not late, or a person parted them from theirs.
-- reads: open_mentions (one row per payout and line), findings (one row per payout and line), rest_lines (one row
--   per line that nothing took), parted (one row per parted pair)
-- writes: open_lines (one row per line)
SELECT DISTINCT m.bank_line_id
FROM open_mentions AS m
WHERE
    NOT EXISTS (
        SELECT 1 FROM findings AS x
        WHERE x.bank_line_id = m.bank_line_id
    )
UNION
SELECT r.bank_line_id
FROM rest_lines AS r
INNER JOIN parted AS x ON x.bank_line_id = r.bank_line_id
