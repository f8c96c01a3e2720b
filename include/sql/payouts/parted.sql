-- purpose: The payouts and bank lines that a person parted.
-- reads: payout_ban (one row per payout and bank line)
-- writes: the parted pairs of the payout engine (one row per payout and line)
SELECT
    b.payout_id,
    b.bank_line_id
FROM payout_ban AS b
