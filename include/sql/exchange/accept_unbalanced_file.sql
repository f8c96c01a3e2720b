-- purpose: let a file load though its control totals do not tie, with who decided it and why. Without
--   a time it counts as one that nobody has seen, so that the next run fetches it again.
-- reads: source_file
-- writes: source_file (REFUSED -> ACCEPTED); returns what it was, or nothing
-- params: source_file_id, actor, reason, at
UPDATE source_file AS f
SET
    status = 'ACCEPTED',
    status_at = :at,
    status_reason = :reason,
    remote_mtime = NULL,
    facts = f.facts || jsonb_build_object(
        'accepted_unbalanced',
        jsonb_build_object(
            'by', cast(:actor AS text),
            'reason', cast(:reason AS text),
            'at', cast(:at AS timestamptz),
            'expected', f.problem ->> 'expected',
            'found', f.problem ->> 'found'
        )
    )
WHERE
    f.source_file_id = :source_file_id
    AND f.status = 'REFUSED'
    AND f.problem ->> 'reason' = 'control-total'
RETURNING
    f.partner_id,
    f.doc_type,
    f.name,
    f.sha256,
    f.facts -> 'accepted_unbalanced' ->> 'expected' AS expected,
    f.facts -> 'accepted_unbalanced' ->> 'found' AS found
