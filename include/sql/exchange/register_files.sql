-- purpose: write the files that are new by name and bytes.
-- reads: arrived (one row per file fetched)
-- writes: source_file (RECEIVED)
-- params: doc_type, as_of
INSERT INTO source_file (
    partner_id, doc_type, name, sha256, size_bytes, remote_mtime, control_no, format_id,
    received_at, facts, status_at
)
SELECT
    a.partner_id,
    :doc_type,
    a.name,
    a.sha256,
    a.size_bytes,
    a.remote_mtime,
    a.control_no,
    a.format_id,
    :as_of,
    cast(a.facts AS jsonb),
    :as_of
FROM arrived AS a
ORDER BY a.partner_id, a.name, a.sha256
ON CONFLICT (partner_id, doc_type, name, sha256) DO NOTHING
