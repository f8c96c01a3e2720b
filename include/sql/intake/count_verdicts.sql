-- purpose: what became of the rows whose state changed.
-- reads: verdict (row)
-- writes: nothing
-- params: none
SELECT
    count(*) AS read,
    count(*) FILTER (WHERE v.status = 'VALID') AS applied,
    count(*) FILTER (WHERE v.status = 'DUPLICATE') AS duplicate,
    count(*) FILTER (WHERE v.status = 'QUARANTINED') AS quarantined
FROM verdict AS v
WHERE v.status <> v.was
