-- purpose: decide that a row in quarantine is never loaded.
-- reads: quarantine
-- writes: quarantine (OPEN -> DISCARDED)
-- params: quarantine_id, reason, at
UPDATE quarantine
SET
    status = 'DISCARDED',
    status_at = :at,
    status_reason = :reason
WHERE quarantine_id = :quarantine_id AND status = 'OPEN'
