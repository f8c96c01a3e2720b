-- purpose: the feeds of active partners for a kind of document.
-- reads: partner, partner_feed (one row per partner and document type)
-- writes: nothing
-- params: doc_type, partner_ids
SELECT
    f.partner_id,
    f.doc_type,
    f.format_id,
    f.directory,
    f.file_glob,
    f.complete_by,
    p.connection_id
FROM partner_feed AS f
INNER JOIN partner AS p ON f.partner_id = p.partner_id
WHERE
    f.doc_type = :doc_type
    AND p.active
    AND f.partner_id = any(cast(:partner_ids AS text[]))
ORDER BY f.partner_id
