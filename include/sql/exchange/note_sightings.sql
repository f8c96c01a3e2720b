-- purpose: note when a file was first seen at its size, where a file is whole by being stable.
-- reads: listed (one row per file that stands at a partner's)
-- writes: file_sighting
-- params: doc_type, as_of
INSERT INTO file_sighting (partner_id, doc_type, name, size_bytes, first_seen_at)
SELECT
    l.partner_id,
    :doc_type,
    l.name,
    l.size_bytes,
    :as_of
FROM listed AS l
WHERE l.stable
ORDER BY l.partner_id, l.name
ON CONFLICT DO NOTHING
