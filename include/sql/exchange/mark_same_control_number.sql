-- purpose: set aside whole the files whose control number belongs to another file that was loaded,
--   or that comes at once and came first.
-- reads: source_file
-- writes: source_file (RECEIVED -> CONFLICT)
-- params: doc_type, as_of
WITH new_file AS (
    SELECT
        f.source_file_id,
        f.partner_id,
        f.control_no,
        first_value(f.source_file_id) OVER (
            PARTITION BY f.partner_id, f.control_no ORDER BY f.remote_mtime, f.name
        ) AS first_id
    FROM source_file AS f
    WHERE f.doc_type = :doc_type AND f.status = 'RECEIVED' AND f.control_no IS NOT NULL
),

holder AS (
    SELECT
        n.source_file_id,
        coalesce(k.source_file_id, n.first_id) AS known_id
    FROM new_file AS n
    LEFT JOIN source_file AS k
        ON
            n.partner_id = k.partner_id
            AND k.doc_type = :doc_type
            AND n.control_no = k.control_no
            AND k.status = 'LOADED'
)

UPDATE source_file AS f
SET
    status = 'CONFLICT',
    status_at = :as_of,
    status_reason = 'the control number of file ' || k.source_file_id,
    problem = jsonb_build_object(
        'slug', 'file-conflict',
        'reason', 'same-control-number',
        'message', 'Control number ' || f.control_no || ' came before, with other content, in '
        || k.name || '.',
        'remedy', 'Ask the partner which of the two holds; then accept or discard this one.',
        'expected', 'a control number of its own',
        'found', 'that of ' || k.name
    )
FROM holder AS h
INNER JOIN source_file AS k ON h.known_id = k.source_file_id
WHERE f.source_file_id = h.source_file_id AND h.known_id <> h.source_file_id
