-- purpose: mark files whose bytes were loaded before, or come twice at once, as copies.
-- reads: source_file
-- writes: source_file (RECEIVED -> DUPLICATE)
-- params: doc_type, as_of
WITH new_file AS (
    SELECT
        f.source_file_id,
        f.partner_id,
        f.sha256,
        first_value(f.source_file_id) OVER (
            PARTITION BY f.partner_id, f.sha256 ORDER BY f.remote_mtime, f.name
        ) AS first_id
    FROM source_file AS f
    WHERE f.doc_type = :doc_type AND f.status = 'RECEIVED'
),

copy_of AS (
    SELECT
        n.source_file_id,
        coalesce(min(k.source_file_id), min(n.first_id)) AS known_id
    FROM new_file AS n
    LEFT JOIN source_file AS k
        ON
            n.partner_id = k.partner_id
            AND k.doc_type = :doc_type
            AND n.sha256 = k.sha256
            AND k.status = 'LOADED'
    GROUP BY n.source_file_id
)

UPDATE source_file AS f
SET
    status = 'DUPLICATE',
    status_at = :as_of,
    status_reason = 'the same bytes as file ' || c.known_id
FROM copy_of AS c
WHERE f.source_file_id = c.source_file_id AND c.known_id <> c.source_file_id
