-- purpose: The live cases by severity, code and currency, most urgent first.
-- reads: exception_case (one row per case)
-- writes: rows severity, code, currency, open, acked, snoozed, suppressed, pending, amount_minor
SELECT
    severity,
    code,
    currency::text AS currency,
    count(*) FILTER (WHERE status = 'OPEN') AS open,
    count(*) FILTER (WHERE status = 'ACKED') AS acked,
    count(*) FILTER (WHERE status = 'SNOOZED') AS snoozed,
    count(*) FILTER (WHERE status = 'SUPPRESSED') AS suppressed,
    count(*) FILTER (WHERE status = 'PENDING') AS pending,
    sum(amount_minor)::bigint AS amount_minor
FROM exception_case
WHERE closed_at IS NULL
GROUP BY severity, code, currency
ORDER BY severity_rank(severity) DESC, code ASC, currency ASC
