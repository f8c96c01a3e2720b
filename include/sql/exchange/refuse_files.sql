-- purpose: refuse the files that are not taken at all, with what is wrong.
-- reads: arrived (one row per file fetched)
-- writes: source_file (RECEIVED -> REFUSED)
-- params: doc_type, as_of
UPDATE source_file AS f
SET
    status = 'REFUSED',
    status_at = :as_of,
    status_reason = cast(a.problem AS jsonb) ->> 'message',
    problem = cast(a.problem AS jsonb)
FROM arrived AS a
WHERE
    a.problem IS NOT NULL
    AND f.status = 'RECEIVED'
    AND f.partner_id = a.partner_id
    AND f.doc_type = :doc_type
    AND f.name = a.name
    AND f.sha256 = a.sha256
