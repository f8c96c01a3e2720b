-- purpose: give a row in quarantine its corrected text; the next run of its flow loads it.
-- reads: quarantine
-- writes: quarantine (OPEN -> CORRECTED)
-- params: quarantine_id, corrected, actor, reason, at
UPDATE quarantine
SET
    status = 'CORRECTED',
    status_at = :at,
    status_reason = :reason,
    corrected = :corrected,
    corrected_by = :actor
WHERE quarantine_id = :quarantine_id AND status = 'OPEN'
