-- purpose: Several bank lines that name one payout and come to its amount.
-- cardinality: one payout is the sum of lines
-- keys: a reference in the text, currency, bank
-- tolerance: none
-- window: none
-- tie-break: none; a line that would be part of two such payouts is left
-- reads: open_mentions (one row per payout and line that names it)
-- writes: rows pass, payout_id, bank_line_id, amount_minor
WITH sums AS (
    SELECT m.payout_id
    FROM open_mentions AS m
    GROUP BY m.payout_id, m.amount_minor
    HAVING count(*) > 1 AND sum(m.line_minor) = m.amount_minor
),

parts AS (
    SELECT
        m.payout_id,
        m.bank_line_id,
        m.line_minor,
        count(*) OVER (PARTITION BY m.bank_line_id) AS uses
    FROM open_mentions AS m
    INNER JOIN sums AS s ON s.payout_id = m.payout_id
)

SELECT
    'payout_in_several_credits' AS pass,
    p.payout_id,
    p.bank_line_id,
    p.line_minor AS amount_minor
FROM parts AS p
WHERE
    NOT EXISTS (
        SELECT 1 FROM parts AS q
        WHERE q.payout_id = p.payout_id AND q.uses > 1
    )
