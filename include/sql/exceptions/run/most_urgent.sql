-- purpose: The most urgent open cases: by severity, then by money, then by age.
-- reads: exception_case (one row per case)
-- writes: rows exception_case_id, severity, code, subject, partner_id, amount_minor, currency, since
-- params: most
SELECT
    exception_case_id,
    severity,
    code,
    subject,
    partner_id,
    amount_minor,
    currency::text AS currency,
    since
FROM exception_case
WHERE closed_at IS NULL AND status = 'OPEN'
ORDER BY
    severity_rank(severity) DESC,
    amount_minor DESC NULLS LAST,
    since ASC,
    exception_case_id ASC
LIMIT :most
