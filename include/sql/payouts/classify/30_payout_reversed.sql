-- purpose: A payout that the gateway says failed or was cancelled, or a reversal of one, while its money is
--   neither back at the gateway nor gone from the bank.
-- reads: rest_payouts (one row per payout that nothing took)
-- writes: rows code, payout_id, bank_line_id, amount_minor, expected_minor, found_minor, reason
SELECT
    'PAYOUT_REVERSED' AS code,
    r.payout_id,
    CAST(NULL AS BIGINT) AS bank_line_id,
    abs(r.amount_minor) AS amount_minor,
    r.amount_minor AS expected_minor,
    CAST(NULL AS BIGINT) AS found_minor,
    CASE
        WHEN r.kind = 'payout' THEN 'The gateway says that the payout failed or was cancelled.'
        ELSE 'The gateway takes a payout back.'
    END AS reason
FROM rest_payouts AS r
WHERE r.is_failed = 1 OR r.kind = 'payout_reversal'
