-- purpose: A bank line without a reference that we know, but from the gateway and with the amount of just one of
--   its payouts, which no other such line has.
-- cardinality: one-to-one
-- keys: gateway by the payer's name, amount, currency, bank
-- tolerance: none
-- window: gateway_account.payout_window_days
-- tie-break: none; several candidates on either side are left
-- reads: payer_candidates (one row per payout and line)
-- writes: rows pass, payout_id, bank_line_id, amount_minor
WITH equal_amount AS (
    SELECT
        c.payout_id,
        c.bank_line_id,
        c.amount_minor,
        count(*) OVER (PARTITION BY c.bank_line_id) AS payouts,
        count(*) OVER (PARTITION BY c.payout_id) AS lines
    FROM payer_candidates AS c
    WHERE c.line_minor = c.amount_minor
)

SELECT
    'payer_and_amount' AS pass,
    e.payout_id,
    e.bank_line_id,
    e.amount_minor
FROM equal_amount AS e
WHERE e.payouts = 1 AND e.lines = 1
