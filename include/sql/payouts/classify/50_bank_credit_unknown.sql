-- purpose: A credit that looks like a gateway's, or that a person parted from a payout, and belongs to no payout
--   that we know.
-- reads: rest_lines (one row per bank line that nothing took), likes (one row per gateway and line),
--   parted (one row per parted pair)
-- writes: rows code, payout_id, bank_line_id, amount_minor, expected_minor, found_minor, reason
SELECT
    'BANK_CREDIT_UNKNOWN' AS code,
    CAST(NULL AS BIGINT) AS payout_id,
    r.bank_line_id,
    r.amount_minor,
    CAST(NULL AS BIGINT) AS expected_minor,
    r.amount_minor AS found_minor,
    CASE
        WHEN min(k.gateway) IS NULL THEN 'A person parted it from its payout; no other payout fits.'
        ELSE concat('The payer looks like ', min(k.gateway), '; no payout fits.')
    END AS reason
FROM rest_lines AS r
LEFT JOIN likes AS k ON k.bank_line_id = r.bank_line_id
LEFT JOIN parted AS x ON x.bank_line_id = r.bank_line_id
WHERE r.amount_minor > 0 AND coalesce(k.bank_line_id, x.bank_line_id) IS NOT NULL
GROUP BY r.bank_line_id, r.amount_minor
