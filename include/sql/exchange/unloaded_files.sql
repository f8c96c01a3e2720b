-- purpose: the files that are not loaded and may still be, the oldest first.
-- reads: source_file (one row per file)
-- writes: nothing
-- params: partner_id (or null), after (the last file of the page before, 0 for the first page), limit
SELECT
    f.source_file_id,
    f.status,
    f.partner_id,
    f.doc_type,
    f.name,
    coalesce(f.problem ->> 'message', f.status_reason) AS message,
    coalesce(f.status = 'REFUSED' AND f.problem ->> 'reason' = 'control-total', FALSE) AS unbalanced
FROM source_file AS f
WHERE
    f.status IN ('REFUSED', 'CONFLICT', 'ACCEPTED')
    AND f.source_file_id > :after
    AND f.partner_id = coalesce(cast(:partner_id AS text), f.partner_id)
ORDER BY f.source_file_id
LIMIT :limit
