-- purpose: Bring cases into the state that a person chose for them.
-- reads: nothing
-- writes: exception_case (to ACKED, SNOOZED, RESOLVED, WRITTEN_OFF or FALSE_POSITIVE)
-- params: ids, to_state, reason, actor, at, snoozed_until
UPDATE exception_case
SET
    status = :to_state,
    status_at = :at,
    status_reason = cast(:actor AS text) || ': ' || cast(:reason AS text),
    snoozed_until = :snoozed_until,
    closed_at
    = CASE
        WHEN
            cast(:to_state AS text) IN ('RESOLVED', 'WRITTEN_OFF', 'FALSE_POSITIVE')
            THEN cast(:at AS timestamptz)
    END
WHERE exception_case_id = any(cast(:ids AS bigint[]))
