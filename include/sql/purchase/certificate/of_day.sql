-- purpose: the certificate of a day.
-- reads: certificate (one row each)
-- writes: nothing; at most one row
-- params: day
SELECT
    c.day,
    c.as_of,
    c.hash,
    c.previous_hash,
    c.size_bytes,
    c.sales,
    c.listed
FROM certificate AS c
WHERE c.day = :day
