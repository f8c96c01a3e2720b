-- purpose: the files of this run whose rows are to be loaded (no other transaction shows RECEIVED).
-- reads: arrived (one row per file fetched), source_file
-- writes: nothing
-- params: doc_type
SELECT
    a.file_no,
    f.source_file_id
FROM arrived AS a
INNER JOIN source_file AS f
    ON
        a.partner_id = f.partner_id
        AND f.doc_type = :doc_type
        AND a.name = f.name
        AND a.sha256 = f.sha256
WHERE f.status = 'RECEIVED'
ORDER BY a.partner_id, a.remote_mtime, a.name
