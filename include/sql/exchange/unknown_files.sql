-- purpose: the listed files that nobody has seen in this version (name, size, time); those that are
--   whole by being stable only when an earlier run saw them at their size.
-- reads: listed (one row per file that stands at a partner's), source_file, file_sighting
-- writes: nothing
-- params: doc_type, as_of
SELECT l.file_no
FROM listed AS l
LEFT JOIN source_file AS f
    ON
        l.partner_id = f.partner_id
        AND f.doc_type = :doc_type
        AND l.name = f.name
        AND l.size_bytes = f.size_bytes
        AND l.remote_mtime = f.remote_mtime
LEFT JOIN file_sighting AS s
    ON
        l.partner_id = s.partner_id
        AND s.doc_type = :doc_type
        AND l.name = s.name
        AND l.size_bytes = s.size_bytes
WHERE f.source_file_id IS NULL AND (NOT l.stable OR s.first_seen_at < :as_of)
ORDER BY l.file_no
