-- purpose: A file that was refused whole (cut short, totals that do not tie, a control number used for
--   other content) and whose good copy has not been loaded since.
-- severity: high
-- grace: 0
-- remedy: Send the partner what was expected and found, and ask for the file again; it loads by itself. Where
--   a control number came twice, ask which file holds, then accept this one or discard it
--   (tieout quarantine files); one that does not tie can be accepted with --accept-unbalanced.
-- resolves: a later file of the same name or control number loads, or a person discards this one
-- reads: source_file (one row per file)
-- writes: one row per partner, document type and file name
-- params: as_of
SELECT
    'file:' || f.name AS subject,
    f.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    min(f.received_at) AS since,
    ARRAY[
        'partner:' || f.partner_id,
        'doc:' || f.doc_type,
        'feed:' || f.partner_id || '/' || f.doc_type,
        'file:' || f.name
    ] AS keys,
    jsonb_agg(
        jsonb_build_object(
            'source_file_id', f.source_file_id, 'sha256', f.sha256, 'status', f.status,
            'problem', f.problem, 'accepted_unbalanced', f.facts -> 'accepted_unbalanced'
        ) ORDER BY f.source_file_id
    ) -> -1 AS evidence
FROM source_file AS f
WHERE
    f.status IN ('REFUSED', 'CONFLICT', 'ACCEPTED')
    AND f.received_at <= :as_of
    AND NOT EXISTS (
        SELECT 1 FROM source_file AS g
        WHERE
            g.partner_id = f.partner_id
            AND g.doc_type = f.doc_type
            AND g.status = 'LOADED'
            AND g.source_file_id > f.source_file_id
            AND g.name = f.name
    )
    AND NOT EXISTS (
        SELECT 1 FROM source_file AS g
        WHERE
            g.partner_id = f.partner_id
            AND g.doc_type = f.doc_type
            AND g.status = 'LOADED'
            AND g.source_file_id > f.source_file_id
            AND g.control_no = f.control_no
    )
GROUP BY f.partner_id, f.doc_type, f.name
