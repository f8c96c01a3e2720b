-- purpose: The severity of each offending row: the greater of its code's own and its money's tier, one
--   step more when it is old and not a trifle.
-- reads: offence, rule (temporary; one row per offence, per code), severity_tier
-- writes: judged (temporary; one row per fingerprint: the oldest of its offences)
-- params: as_of, age_days
INSERT INTO judged (
    code, subject, partner_id, amount_minor, currency, since, keys, evidence, fingerprint, severity
)
SELECT DISTINCT ON (o.fingerprint)
    o.code,
    o.subject,
    o.partner_id,
    o.amount_minor,
    o.currency,
    o.since,
    o.keys,
    o.evidence,
    o.fingerprint,
    (ARRAY['low', 'medium', 'high', 'critical'])[least(
        4,
        greatest(severity_rank(r.severity), m.money_rank)
        + CASE
            WHEN
                m.money_rank > 0
                AND o.since <= cast(:as_of AS timestamptz) - :age_days * interval '1 day'
                THEN 1
            ELSE 0
        END
    )] AS severity
FROM offence AS o
INNER JOIN rule AS r ON r.code = o.code
CROSS JOIN
    LATERAL (
        SELECT coalesce(max(severity_rank(t.severity)), 0) AS money_rank
        FROM severity_tier AS t
        WHERE t.currency = o.currency AND t.from_minor <= abs(o.amount_minor)
    ) AS m
ORDER BY o.fingerprint ASC, o.since ASC, o.evidence ASC
