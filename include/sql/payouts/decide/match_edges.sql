-- purpose: The rows of a match of payouts that stands.
-- reads: payout_match (one row per payout and bank line), payout (one row per payout)
-- writes: rows payout_id, payout_ref, bank_line_id, business_date, pass, origin, amount_minor, variance_minor
-- params: match_no
SELECT
    m.payout_id,
    p.payout_ref,
    m.bank_line_id,
    m.business_date,
    m.pass,
    m.origin,
    m.amount_minor,
    m.variance_minor
FROM payout_match AS m
INNER JOIN payout AS p ON p.payout_id = m.payout_id
WHERE m.match_no = :match_no AND m.undone_at IS NULL
ORDER BY m.payout_id, m.bank_line_id
