-- purpose: let a file load in spite of its control number, which stays that of the other file. Without
--   a time it counts as one that nobody has seen, so that the next run fetches it again.
-- reads: source_file
-- writes: source_file (CONFLICT -> ACCEPTED); returns what it was, or nothing
-- params: source_file_id, reason, at
UPDATE source_file AS f
SET
    status = 'ACCEPTED',
    status_at = :at,
    status_reason = :reason,
    control_no = NULL,
    remote_mtime = NULL,
    facts = f.facts || jsonb_build_object('control_no_of_another', f.control_no)
WHERE f.source_file_id = :source_file_id AND f.status = 'CONFLICT'
RETURNING
    f.partner_id,
    f.doc_type,
    f.name,
    f.sha256,
    f.facts ->> 'control_no_of_another' AS control_no
