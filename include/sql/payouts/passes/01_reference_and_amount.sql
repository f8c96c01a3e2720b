-- purpose: A bank line that names a payout and has its amount.
-- cardinality: one-to-one
-- keys: a reference in the text, currency, bank
-- tolerance: none
-- window: none
-- tie-break: of lines with the same text and amount the nearest day, then the lowest id; a line that names
--   several payouts of its own amount is left
-- reads: open_mentions (one row per payout and line that names it)
-- writes: rows pass, payout_id, bank_line_id, amount_minor
WITH equal_amount AS (
    SELECT
        m.payout_id,
        m.bank_line_id,
        m.amount_minor,
        count(*) OVER (PARTITION BY m.bank_line_id) AS payouts,
        row_number() OVER (
            PARTITION BY m.payout_id ORDER BY m.days, m.bank_line_id
        ) AS place
    FROM open_mentions AS m
    WHERE m.line_minor = m.amount_minor
)

SELECT
    'reference_and_amount' AS pass,
    e.payout_id,
    e.bank_line_id,
    e.amount_minor
FROM equal_amount AS e
WHERE e.place = 1 AND e.payouts = 1
