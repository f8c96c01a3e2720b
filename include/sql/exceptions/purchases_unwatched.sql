-- purpose: Purchases are open, and for 20 minutes no run of watch_purchases has ended.
-- severity: critical
-- grace: 0
-- remedy: Look at the DAG watch_purchases: is it paused, or does a task of it fail? Its runbook says what then.
-- resolves: a run ends
-- reads: purchase (one row each), run_summary (one row per run)
-- writes: at most one row
-- params: as_of
SELECT
    'watch_purchases' AS subject,
    NULL::text AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    w.since,
    '{}'::text[] AS keys,
    jsonb_build_object('open', w.purchases, 'last_run', r.as_of) AS evidence
FROM (
    SELECT
        count(*) AS purchases,
        min(p.watched_from) AS since
    FROM purchase AS p
    WHERE
        p.status NOT IN ('CONFIRMED', 'REFUNDED', 'EXPIRED')
        AND p.captured_at + interval '20 minutes' <= :as_of
) AS w
LEFT JOIN LATERAL (
    SELECT max(s.as_of) AS as_of FROM run_summary AS s
    WHERE s.flow = 'watch_purchases' AND s.as_of <= :as_of
) AS r ON TRUE
WHERE
    w.purchases > 0
    AND coalesce(r.as_of, '-infinity') < cast(:as_of AS timestamptz) - interval '20 minutes'
