-- purpose: what was received first under the ids of entries.
-- reads: entry_receipt (entry)
-- writes: nothing
-- params: entry_ids (uuid array)
SELECT
    r.entry_id::text AS entry_id,
    r.body_sha256
FROM entry_receipt AS r
WHERE r.entry_id = any(cast(:entry_ids AS uuid[]))
