-- purpose: The files that came, by kind and state.
-- reads: source_file (one row per file)
-- writes: rows doc_type, status, files, newest_at
SELECT
    doc_type,
    status,
    count(*) AS files,
    max(received_at) AS newest_at
FROM source_file
GROUP BY doc_type, status
ORDER BY doc_type, status
