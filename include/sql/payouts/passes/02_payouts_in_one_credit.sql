-- purpose: A bank line that names several payouts and is the sum of them.
-- cardinality: one line is the sum of payouts
-- keys: references in the text, currency, bank
-- tolerance: none
-- window: none
-- tie-break: none; a payout that would be part of two such lines is left
-- reads: open_mentions (one row per payout and line that names it)
-- writes: rows pass, payout_id, bank_line_id, amount_minor
WITH sums AS (
    SELECT m.bank_line_id
    FROM open_mentions AS m
    GROUP BY m.bank_line_id, m.line_minor
    HAVING count(*) > 1 AND sum(m.amount_minor) = m.line_minor
),

parts AS (
    SELECT
        m.payout_id,
        m.bank_line_id,
        m.amount_minor,
        count(*) OVER (PARTITION BY m.payout_id) AS uses
    FROM open_mentions AS m
    INNER JOIN sums AS s ON s.bank_line_id = m.bank_line_id
)

SELECT
    'payouts_in_one_credit' AS pass,
    p.payout_id,
    p.bank_line_id,
    p.amount_minor
FROM parts AS p
WHERE
    NOT EXISTS (
        SELECT 1 FROM parts AS q
        WHERE q.bank_line_id = p.bank_line_id AND q.uses > 1
    )
