-- purpose: the newest certificate.
-- reads: certificate (one row each)
-- writes: nothing; at most one row
-- params: none
SELECT
    c.certificate_id,
    c.day,
    c.hash
FROM certificate AS c
ORDER BY c.day DESC
LIMIT 1
