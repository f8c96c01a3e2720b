-- purpose: The formats of some files, by their hashes.
-- reads: source_file (one row per file that came)
-- writes: nothing; returns one row per hash
-- params: hashes (text[])
SELECT
    f.sha256,
    min(f.format_id) AS format_id
FROM source_file AS f
WHERE f.sha256 IN (SELECT h.hash FROM unnest(CAST(:hashes AS text[])) AS h (hash))
GROUP BY f.sha256
ORDER BY f.sha256
