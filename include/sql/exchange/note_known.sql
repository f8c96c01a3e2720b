-- purpose: note the new time of a file whose name and bytes are known, so that it is not fetched again, and
--   that the partner has sent it again.
-- reads: arrived (one row per file fetched)
-- writes: source_file
-- params: doc_type
UPDATE source_file AS f
SET
    times_again
    = f.times_again + CASE WHEN f.remote_mtime IS DISTINCT FROM a.remote_mtime THEN 1 ELSE 0 END,
    remote_mtime = a.remote_mtime,
    size_bytes = a.size_bytes
FROM arrived AS a
WHERE
    f.status <> 'RECEIVED'
    AND f.partner_id = a.partner_id
    AND f.doc_type = :doc_type
    AND f.name = a.name
    AND f.sha256 = a.sha256
