-- purpose: Bring live cases up to what is known now. A snooze ends with its time, or when the case has
--   become more severe.
-- reads: judged (temporary; one row per fingerprint)
-- writes: exception_case (live ones whose row still offends)
-- params: as_of
UPDATE exception_case AS c
SET
    severity = j.severity,
    amount_minor = j.amount_minor,
    currency = j.currency,
    since = j.since,
    keys = j.keys,
    evidence = j.evidence,
    last_seen_at = :as_of,
    status = CASE WHEN w.is_woken THEN 'OPEN' ELSE c.status END,
    status_at = CASE WHEN w.is_woken THEN cast(:as_of AS timestamptz) ELSE c.status_at END,
    status_reason = CASE WHEN w.is_woken THEN 'the snooze is over' ELSE c.status_reason END,
    snoozed_until = CASE WHEN w.is_woken THEN NULL ELSE c.snoozed_until END
FROM judged AS j
INNER JOIN exception_case AS k ON k.fingerprint = j.fingerprint AND k.closed_at IS NULL
CROSS JOIN
    LATERAL (
        SELECT
            k.status = 'SNOOZED'
            AND (
                coalesce(k.snoozed_until, '-infinity') <= :as_of
                OR severity_rank(j.severity) > severity_rank(k.severity)
            ) AS is_woken
    ) AS w
WHERE
    c.exception_case_id = k.exception_case_id
    AND (
        w.is_woken
        OR (c.severity, c.since, c.keys, c.evidence, c.last_seen_at)
        IS DISTINCT FROM (j.severity, j.since, j.keys, j.evidence, cast(:as_of AS timestamptz))
        OR (c.amount_minor, c.currency::text) IS DISTINCT FROM (j.amount_minor, j.currency)
    )
