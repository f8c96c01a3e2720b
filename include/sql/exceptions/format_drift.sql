-- purpose: A column that the newest file of a feed has and its first one had not, or the other way round: the
--   partner changed its file, and what the column says may now be in no number of ours, or missing in one.
-- severity: medium
-- grace: 0
-- remedy: Ask the partner what the column means (evidence: whether one of our columns is made of it). Add a new
--   version of the format where it matters; else say so (tieout exceptions false-alarm), which holds for as
--   long as the column stays as it is.
-- resolves: the next file of the feed has the columns of the first one again, or a person accepts the change
-- reads: source_file (one row per file; facts.columns of those whose format names columns once)
-- writes: one row per partner, document type and column
-- params: as_of
WITH loaded AS (
    SELECT
        f.source_file_id,
        f.partner_id,
        f.doc_type,
        f.format_id,
        f.name,
        f.received_at,
        f.facts -> 'columns' AS columns,
        f.facts -> 'columns_in_extra' AS columns_in_extra,
        row_number() OVER w AS place,
        row_number() OVER (
            PARTITION BY f.partner_id, f.doc_type ORDER BY f.source_file_id DESC
        ) AS place_from_end
    FROM source_file AS f
    WHERE f.status = 'LOADED' AND f.received_at <= :as_of AND f.facts -> 'columns' IS NOT NULL
    WINDOW w AS (PARTITION BY f.partner_id, f.doc_type, f.format_id ORDER BY f.source_file_id)
),

newest AS (
    SELECT * FROM loaded
    WHERE place_from_end = 1 AND place > 1
),

first_one AS (
    SELECT * FROM loaded
    WHERE place = 1
),

changed AS (
    SELECT
        'new' AS change,
        c.name AS column_name,
        n.source_file_id,
        a.name AS first_name,
        n.columns_in_extra @> to_jsonb(c.name) AS is_in_extra
    FROM newest AS n
    INNER JOIN first_one AS a
        ON n.partner_id = a.partner_id AND n.doc_type = a.doc_type AND n.format_id = a.format_id
    CROSS JOIN LATERAL jsonb_array_elements_text(n.columns) AS c (name)
    WHERE NOT a.columns @> to_jsonb(c.name)
    UNION ALL
    SELECT
        'gone' AS change,
        c.name AS column_name,
        n.source_file_id,
        a.name AS first_name,
        a.columns_in_extra @> to_jsonb(c.name) AS is_in_extra
    FROM newest AS n
    INNER JOIN first_one AS a
        ON n.partner_id = a.partner_id AND n.doc_type = a.doc_type AND n.format_id = a.format_id
    CROSS JOIN LATERAL jsonb_array_elements_text(a.columns) AS c (name)
    WHERE NOT n.columns @> to_jsonb(c.name)
)

SELECT
    n.doc_type || ':' || c.change || ':' || c.column_name AS subject,
    n.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    (
        SELECT min(e.received_at) FROM loaded AS e
        WHERE
            e.partner_id = n.partner_id
            AND e.doc_type = n.doc_type
            AND e.format_id = n.format_id
            AND e.place > 1
            AND e.columns @> to_jsonb(c.column_name) = (c.change = 'new')
    ) AS since,
    ARRAY[
        'partner:' || n.partner_id,
        'doc:' || n.doc_type,
        'feed:' || n.partner_id || '/' || n.doc_type
    ] AS keys,
    jsonb_build_object(
        'column', c.column_name, 'change', c.change, 'ours', NOT c.is_in_extra,
        'file', n.name, 'first_file', c.first_name, 'format', n.format_id, 'doc_type', n.doc_type
    ) AS evidence
FROM changed AS c
INNER JOIN newest AS n ON c.source_file_id = n.source_file_id
ORDER BY n.partner_id, n.doc_type, c.column_name
