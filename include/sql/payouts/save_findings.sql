-- purpose: Write what does not agree; the currency is that of the payout, else of the bank line.
-- reads: new_payout_finding (one row per payout, bank line or pair), payout, bank_line (one row each)
-- writes: payout_finding
-- params: business_date
INSERT INTO payout_finding (
    business_date, code, payout_id, bank_line_id, currency, amount_minor, expected_minor,
    found_minor, reason
)
SELECT
    :business_date,
    n.code,
    n.payout_id,
    n.bank_line_id,
    coalesce(p.currency, b.currency) AS currency,
    n.amount_minor,
    n.expected_minor,
    n.found_minor,
    n.reason
FROM new_payout_finding AS n
LEFT JOIN payout AS p ON p.payout_id = n.payout_id
LEFT JOIN bank_line AS b ON b.bank_line_id = n.bank_line_id
ORDER BY n.code, n.payout_id, n.bank_line_id
