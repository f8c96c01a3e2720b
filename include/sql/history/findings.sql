-- purpose: What was found at the end of a past business date.
-- reads: reconciled_finding (one row per finding)
-- writes: rows code, payment_ref, line, gateway, currency, amount_minor, file_name, file_line
-- params: day
SELECT
    code,
    payment_ref,
    settlement_line_id AS line,
    gateway,
    currency::text AS currency,
    amount_minor,
    file_name,
    file_line
FROM reconciled_finding
WHERE business_date = settlement_day(:day)
ORDER BY code, gateway, payment_ref NULLS LAST, settlement_line_id NULLS LAST
