-- purpose: How many rows offend, and how many of them were seen for the first time at this instant.
-- reads: judged (temporary; one row per fingerprint), exception_case (one row per case)
-- writes: one row: seen, new
-- params: as_of
SELECT
    count(*) AS seen,
    count(c.exception_case_id) AS new
FROM judged AS j
LEFT JOIN exception_case AS c
    ON
        c.fingerprint = j.fingerprint
        AND c.closed_at IS NULL
        AND c.first_seen_at = :as_of
