-- purpose: let rows go that are sound now: their cause is cured, or a person corrected them.
-- reads: verdict (row)
-- writes: quarantine (place)
-- params: as_of
UPDATE quarantine AS q SET
    status = 'RELEASED',
    status_at = :as_of,
    status_reason = CASE q.status WHEN 'CORRECTED' THEN 'corrected' ELSE 'cured' END
FROM verdict AS v
WHERE
    q.entry_row_id = v.entry_row_id
    AND v.status <> 'QUARANTINED'
    AND q.status IN ('OPEN', 'CORRECTED')
