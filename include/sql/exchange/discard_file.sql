-- purpose: decide that a file is never loaded.
-- reads: source_file
-- writes: source_file (REFUSED, CONFLICT or ACCEPTED -> DISCARDED); returns what it was, or nothing
-- params: source_file_id, reason, at
UPDATE source_file AS f
SET
    status = 'DISCARDED',
    status_at = :at,
    status_reason = :reason
WHERE
    f.source_file_id = :source_file_id
    AND f.status IN ('REFUSED', 'CONFLICT', 'ACCEPTED')
RETURNING f.partner_id, f.doc_type, f.name, f.sha256, f.control_no
