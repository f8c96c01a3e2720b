-- purpose: The mentions of which neither payout nor bank line is matched.
-- reads: mentions (one row per payout and line), pairs (one row per matched payout and line)
-- writes: open_mentions (one row per payout and line)
SELECT m.*
FROM mentions AS m
WHERE
    NOT EXISTS (
        SELECT 1 FROM pairs AS p
        WHERE p.payout_id = m.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM pairs AS p
        WHERE p.bank_line_id = m.bank_line_id
    )
