-- purpose: note how visits to partners went; of several to one feed a failed one counts, and of
--   several instants the newest.
-- reads: contact (one row per visit)
-- writes: partner_contact
-- params: as_of
INSERT INTO partner_contact AS c (
    partner_id, doc_type, contacted_at, last_ok_at, failing_since, problem, message
)
SELECT DISTINCT ON (v.partner_id, v.doc_type)
    v.partner_id,
    v.doc_type,
    cast(:as_of AS timestamptz) AS contacted_at,
    CASE WHEN v.problem IS NULL THEN cast(:as_of AS timestamptz) END AS last_ok_at,
    CASE WHEN v.problem IS NOT NULL THEN cast(:as_of AS timestamptz) END AS failing_since,
    v.problem,
    CASE WHEN v.problem IS NOT NULL THEN coalesce(v.message, v.problem) END AS message
FROM contact AS v
ORDER BY v.partner_id, v.doc_type, v.problem NULLS LAST, v.message
ON CONFLICT (partner_id, doc_type) DO UPDATE
    SET
        contacted_at = excluded.contacted_at,
        last_ok_at = coalesce(excluded.last_ok_at, c.last_ok_at),
        failing_since = CASE
            WHEN excluded.problem IS NOT NULL THEN coalesce(c.failing_since, excluded.failing_since)
        END,
        problem = excluded.problem,
        message = excluded.message
    WHERE c.contacted_at <= excluded.contacted_at
