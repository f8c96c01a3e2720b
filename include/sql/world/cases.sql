-- purpose: every exception case, whatever became of it.
-- reads: exception_case (one row per case)
SELECT
    c.code,
    c.subject,
    c.status,
    c.opened_at IS NOT NULL AS was_open
FROM exception_case AS c
ORDER BY c.code, c.subject, c.exception_case_id
