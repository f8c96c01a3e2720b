-- purpose: Put the cases that another one explains behind it.
-- reads: inhibited (temporary; one row per case)
-- writes: exception_case (PENDING or OPEN to SUPPRESSED; parent_case_id)
-- params: as_of
UPDATE exception_case AS c
SET
    status = 'SUPPRESSED',
    status_at = CASE WHEN c.status = 'SUPPRESSED' THEN c.status_at ELSE :as_of END,
    status_reason = 'explained by case ' || i.parent_case_id,
    parent_case_id = i.parent_case_id
FROM inhibited AS i
WHERE
    c.exception_case_id = i.exception_case_id
    AND (c.status <> 'SUPPRESSED' OR c.parent_case_id IS DISTINCT FROM i.parent_case_id)
