-- purpose: look again at a refused file that stands there anew with the same bytes, since its marker
--   or our reading of it may have been put right, and at one that a person accepted.
-- reads: arrived (one row per file fetched)
-- writes: source_file
-- params: doc_type, as_of
UPDATE source_file AS f
SET
    status = 'RECEIVED',
    status_at = :as_of,
    status_reason = CASE
        WHEN f.status = 'ACCEPTED' THEN 'accepted: ' || f.status_reason
        ELSE 'the file stands there anew'
    END,
    times_again
    = f.times_again + CASE WHEN f.remote_mtime IS DISTINCT FROM a.remote_mtime THEN 1 ELSE 0 END,
    unanswered = NULL,
    remote_mtime = a.remote_mtime,
    size_bytes = a.size_bytes,
    received_at = :as_of,
    problem = NULL
FROM arrived AS a
WHERE
    f.status IN ('REFUSED', 'ACCEPTED')
    AND f.partner_id = a.partner_id
    AND f.doc_type = :doc_type
    AND f.name = a.name
    AND f.sha256 = a.sha256
