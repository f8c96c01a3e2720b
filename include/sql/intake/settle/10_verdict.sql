-- purpose: what becomes of each row of the work; of several findings the first counts.
-- reads: work (row), twin (row), finding (row and rule)
-- writes: temporary table verdict (row)
-- params: none
CREATE TEMP TABLE verdict ON COMMIT DROP AS
WITH first_finding AS (
    SELECT DISTINCT ON (f.entry_row_id)
        f.entry_row_id,
        f.rule,
        f.field,
        f.value,
        f.reason,
        f.remedy
    FROM finding AS f
    ORDER BY f.entry_row_id, f.finding_no
)

SELECT
    w.entry_row_id,
    w.status AS was,
    CASE
        WHEN t.same_body THEN 'DUPLICATE'
        WHEN f.rule IS NOT NULL THEN 'QUARANTINED'
        ELSE 'VALID'
    END AS status,
    f.rule,
    f.field,
    f.value,
    f.reason,
    f.remedy
FROM work AS w
LEFT JOIN twin AS t ON w.entry_row_id = t.entry_row_id
LEFT JOIN first_finding AS f ON w.entry_row_id = f.entry_row_id
