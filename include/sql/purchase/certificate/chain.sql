-- purpose: all certificates in the order of their days.
-- reads: certificate (one row each)
-- writes: nothing; one row per certificate
-- params: none
SELECT
    c.day,
    c.as_of,
    c.hash,
    c.previous_hash,
    c.size_bytes,
    c.sales,
    c.listed
FROM certificate AS c
ORDER BY c.day
