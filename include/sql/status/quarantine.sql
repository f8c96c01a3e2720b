-- purpose: The rows that wait in quarantine.
-- reads: quarantine (one row per place)
-- writes: rows doc_type, status, rule, rows_waiting, oldest_at
SELECT
    doc_type,
    status,
    rule,
    count(*) AS rows_waiting,
    min(first_seen_at) AS oldest_at
FROM quarantine
WHERE status IN ('OPEN', 'CORRECTED')
GROUP BY doc_type, status, rule
ORDER BY doc_type, status, rule
