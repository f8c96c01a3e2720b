-- purpose: Live cases for the command line and the board, the most urgent first.
-- reads: exception_case (one row per case)
-- writes: rows exception_case_id, status, severity, code, subject, partner_id, amount_minor, currency, since,
--   snoozed_until
-- params: status, code, partner_id (each null for all), limit, offset
SELECT
    exception_case_id,
    status,
    severity,
    code,
    subject,
    partner_id,
    amount_minor,
    currency::text AS currency,
    since,
    snoozed_until
FROM exception_case
WHERE
    closed_at IS NULL
    AND (cast(:status AS text) IS NULL OR status = :status)
    AND (cast(:code AS text) IS NULL OR code = :code)
    AND (cast(:partner_id AS text) IS NULL OR partner_id = :partner_id)
ORDER BY
    severity_rank(severity) DESC,
    amount_minor DESC NULLS LAST,
    since ASC,
    exception_case_id ASC
LIMIT :limit OFFSET :offset
