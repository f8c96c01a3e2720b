-- purpose: write the partners' feeds; what a known feed had is replaced.
-- reads: new_feed (one row per partner and document type)
-- writes: partner_feed
-- params: none
INSERT INTO partner_feed (
    partner_id, doc_type, format_id, directory, file_glob, complete_by, consecutive,
    promised_within_hours
)
SELECT
    n.partner_id,
    n.doc_type,
    n.format_id,
    n.directory,
    n.file_glob,
    n.complete_by,
    n.consecutive,
    n.promised_within_hours
FROM new_feed AS n
ORDER BY n.partner_id, n.doc_type
ON CONFLICT (partner_id, doc_type) DO UPDATE SET
    format_id = excluded.format_id,
    directory = excluded.directory,
    file_glob = excluded.file_glob,
    complete_by = excluded.complete_by,
    consecutive = excluded.consecutive,
    promised_within_hours = excluded.promised_within_hours
