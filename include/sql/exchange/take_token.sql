-- purpose: take a fencing token and hold a lock on it until the session ends.
-- reads: nothing
-- writes: fencing_token (a sequence)
-- params: none
SELECT
    t.token,
    pg_advisory_lock(hashtextextended('effect-claimer:' || t.token, 0)) IS NULL AS held
FROM (SELECT nextval('fencing_token') AS token OFFSET 0) AS t
