-- purpose: The bank lines that belong to no payout yet and are not set aside; what is held for a later date, or
--   counts from then on, is left alone.
-- reads: bank_line (one row per line), payout_hold (one row per hold)
-- writes: the bank lines of the payout engine (one row per line)
-- params: business_date
SELECT
    b.bank_line_id,
    b.bank,
    b.account,
    b.currency::text AS currency,
    b.amount_minor,
    (b.booked_on - date '1970-01-01')::bigint AS day,
    coalesce(b.search_text, '') AS said,
    CASE WHEN b.first_reconciled_on < :business_date THEN 1 ELSE 0 END::bigint AS carried
FROM bank_line AS b
WHERE
    b.first_reconciled_on <= :business_date
    AND b.not_ours_on IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM payout_hold AS h
        WHERE h.bank_line_id = b.bank_line_id AND h.freed_on > :business_date
    )
