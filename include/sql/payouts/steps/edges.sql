-- purpose: The matches, numbered: the rows of a match share its lowest bank line as number, and the parts of a
--   payout and of a line count from 1.
-- reads: pairs (one row per matched payout and line)
-- writes: edges (one row per matched payout and line)
WITH numbered AS (
    SELECT
        p.*,
        min(p.bank_line_id) OVER (PARTITION BY p.payout_id) AS match_no
    FROM pairs AS p
)

SELECT
    n.pass,
    n.match_no,
    n.payout_id,
    n.bank_line_id,
    row_number() OVER (PARTITION BY n.payout_id ORDER BY n.bank_line_id) AS payout_part,
    row_number() OVER (PARTITION BY n.bank_line_id ORDER BY n.payout_id) AS line_part,
    n.amount_minor
FROM numbered AS n
ORDER BY n.match_no, n.payout_id, n.bank_line_id
