-- purpose: the first of the movements that cannot be entered.
-- reads: staged_rejected (one row per refused row)
-- writes: nothing
-- params: none
SELECT
    r.line_no,
    r.value,
    r.reason,
    r.remedy
FROM staged_rejected AS r
ORDER BY r.line_no
LIMIT 1
