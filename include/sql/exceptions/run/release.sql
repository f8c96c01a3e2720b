-- purpose: Bring back the cases that nothing explains any more, with at least one run of grace, so that
--   what the good file brings is looked at first.
-- reads: inhibited (temporary; one row per case)
-- writes: exception_case (SUPPRESSED to PENDING)
-- params: as_of
UPDATE exception_case AS c
SET
    status = 'PENDING',
    status_at = :as_of,
    status_reason = 'the case that explained it is closed',
    parent_case_id = NULL,
    grace_until = greatest(
        c.grace_until, cast(:as_of AS timestamptz) + interval '1 microsecond'
    )
WHERE
    c.closed_at IS NULL
    AND c.status = 'SUPPRESSED'
    AND NOT EXISTS (
        SELECT 1 FROM inhibited AS i
        WHERE i.exception_case_id = c.exception_case_id
    )
