-- purpose: the hashes of the files that a person lets load though they do not tie.
-- reads: source_file (one row per file)
-- writes: nothing
-- params: doc_type
SELECT DISTINCT f.sha256
FROM source_file AS f
WHERE
    f.doc_type = :doc_type
    AND f.status = 'ACCEPTED'
    AND f.facts -> 'accepted_unbalanced' IS NOT NULL
ORDER BY f.sha256
