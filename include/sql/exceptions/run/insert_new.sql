-- purpose: A case for each row that offends and has none. What a person has closed stays closed as long
--   as it is the same occurrence (the same since). Grace counts from now, in the partner's calendar.
-- reads: judged, rule (temporary; one row per fingerprint, per code), exception_case, partner
-- writes: exception_case (PENDING)
-- params: as_of
INSERT INTO exception_case (
    code, subject, partner_id, fingerprint, keys, severity, amount_minor, currency, evidence,
    since, first_seen_at, last_seen_at, grace_until, status, status_at, status_reason
)
SELECT
    j.code,
    j.subject,
    j.partner_id,
    j.fingerprint,
    j.keys,
    j.severity,
    j.amount_minor,
    j.currency,
    j.evidence,
    j.since,
    cast(:as_of AS timestamptz) AS first_seen_at,
    cast(:as_of AS timestamptz) AS last_seen_at,
    CASE r.grace_unit
        WHEN 'none' THEN cast(:as_of AS timestamptz)
        WHEN 'run' THEN cast(:as_of AS timestamptz) + interval '1 microsecond'
        WHEN 'hour' THEN cast(:as_of AS timestamptz) + r.grace_amount * interval '1 hour'
        ELSE coalesce(
            add_business_hours(p.calendar_id, p.zone, :as_of, r.grace_amount),
            cast(:as_of AS timestamptz) + r.grace_amount * interval '1 hour'
        )
    END AS grace_until,
    'PENDING' AS status,
    cast(:as_of AS timestamptz) AS status_at,
    'seen for the first time' AS status_reason
FROM judged AS j
INNER JOIN rule AS r ON r.code = j.code
LEFT JOIN partner AS p ON p.partner_id = j.partner_id
WHERE
    NOT EXISTS (
        SELECT 1 FROM exception_case AS c
        WHERE
            c.fingerprint = j.fingerprint
            AND (
                c.closed_at IS NULL
                OR (
                    c.status IN ('RESOLVED', 'WRITTEN_OFF', 'FALSE_POSITIVE')
                    AND c.since = j.since
                )
            )
    )
ORDER BY j.fingerprint
