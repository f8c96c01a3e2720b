-- purpose: Close the cases whose row does not offend any more.
-- reads: judged (temporary; one row per fingerprint)
-- writes: exception_case (AUTO_RESOLVED)
-- params: as_of
UPDATE exception_case AS c
SET
    status = 'AUTO_RESOLVED',
    status_at = :as_of,
    status_reason = 'the rule does not find it any more',
    closed_at = :as_of
WHERE
    c.closed_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM judged AS j
        WHERE j.fingerprint = c.fingerprint
    )
