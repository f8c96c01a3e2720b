-- purpose: A payout that should be at the bank by now, and that no bank line names.
-- reads: rest_payouts (one row per payout that nothing took)
-- writes: rows code, payout_id, bank_line_id, amount_minor, expected_minor, found_minor, reason
SELECT
    'PAYOUT_NOT_AT_BANK' AS code,
    r.payout_id,
    CAST(NULL AS BIGINT) AS bank_line_id,
    abs(r.amount_minor) AS amount_minor,
    r.amount_minor AS expected_minor,
    CAST(NULL AS BIGINT) AS found_minor,
    'No bank line names the payout, and none from its payer has its amount.' AS reason
FROM rest_payouts AS r
WHERE r.is_late = 1
