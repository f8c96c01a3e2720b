-- purpose: note which paths the files of a feed have had, where they name their cells one by one.
-- reads: source_file (one row per file; facts.paths, facts.paths_in_extra)
-- writes: feed_path (one row per feed, format and path)
-- params: source_file_ids
INSERT INTO feed_path AS k (
    partner_id, doc_type, format_id, path, is_ours, first_file_id, last_file_id, files
)
SELECT
    f.partner_id,
    f.doc_type,
    f.format_id,
    p.path,
    p.is_ours,
    min(f.source_file_id) AS first_file_id,
    max(f.source_file_id) AS last_file_id,
    count(*) AS files
FROM source_file AS f
CROSS JOIN
    LATERAL (
        SELECT
            o.path,
            TRUE AS is_ours
        FROM jsonb_array_elements_text(f.facts -> 'paths') AS o (path)
        UNION ALL
        SELECT
            x.path,
            FALSE AS is_ours
        FROM jsonb_array_elements_text(f.facts -> 'paths_in_extra') AS x (path)
    ) AS p
WHERE f.source_file_id = any(cast(:source_file_ids AS bigint[]))
GROUP BY f.partner_id, f.doc_type, f.format_id, p.path, p.is_ours
ORDER BY f.partner_id, f.doc_type, f.format_id, p.path, p.is_ours
ON CONFLICT (partner_id, doc_type, format_id, path, is_ours) DO UPDATE SET
    last_file_id = greatest(k.last_file_id, excluded.last_file_id),
    files = k.files + excluded.files
