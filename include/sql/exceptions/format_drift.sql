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
WITH usual AS (
    SELECT
        f.partner_id,
        f.doc_type,
        f.format_id,
        min(f.source_file_id) AS first_id,
        max(f.source_file_id) AS newest_id
    FROM source_file AS f
    WHERE f.status = 'LOADED' AND f.received_at <= :as_of AND jsonb_exists(f.facts, 'columns')
    GROUP BY f.partner_id, f.doc_type, f.format_id
),

-- A feed whose format was changed starts anew with the first file of its new one.
current AS (
    SELECT DISTINCT ON (u.partner_id, u.doc_type) u.*
    FROM usual AS u
    ORDER BY u.partner_id, u.doc_type, u.newest_id DESC
),

compared AS (
    SELECT
        u.partner_id,
        u.doc_type,
        u.format_id,
        u.first_id,
        u.newest_id,
        a.name AS first_name,
        a.facts -> 'columns' AS first_columns,
        a.facts -> 'columns_in_extra' AS first_in_extra,
        n.name AS newest_name,
        n.facts -> 'columns' AS newest_columns,
        n.facts -> 'columns_in_extra' AS newest_in_extra
    FROM current AS u
    INNER JOIN source_file AS a ON u.first_id = a.source_file_id
    INNER JOIN source_file AS n ON u.newest_id = n.source_file_id
    WHERE a.facts -> 'columns' <> n.facts -> 'columns'
),

changed AS (
    SELECT
        c.*,
        'new' AS change,
        x.name AS column_name,
        c.newest_in_extra @> to_jsonb(x.name) AS is_in_extra
    FROM compared AS c
    CROSS JOIN LATERAL jsonb_array_elements_text(c.newest_columns) AS x (name)
    WHERE NOT c.first_columns @> to_jsonb(x.name)
    UNION ALL
    SELECT
        c.*,
        'gone' AS change,
        x.name AS column_name,
        c.first_in_extra @> to_jsonb(x.name) AS is_in_extra
    FROM compared AS c
    CROSS JOIN LATERAL jsonb_array_elements_text(c.first_columns) AS x (name)
    WHERE NOT c.newest_columns @> to_jsonb(x.name)
)

SELECT
    c.doc_type || ':' || c.change || ':' || c.column_name AS subject,
    c.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    (
        SELECT min(f.received_at) FROM source_file AS f
        WHERE
            f.partner_id = c.partner_id
            AND f.doc_type = c.doc_type
            AND f.format_id = c.format_id
            AND f.status = 'LOADED'
            AND f.source_file_id > c.first_id
            AND f.facts -> 'columns' @> to_jsonb(c.column_name) = (c.change = 'new')
    ) AS since,
    ARRAY[
        'partner:' || c.partner_id,
        'doc:' || c.doc_type,
        'feed:' || c.partner_id || '/' || c.doc_type
    ] AS keys,
    jsonb_build_object(
        'column', c.column_name, 'change', c.change, 'ours', NOT c.is_in_extra,
        'file', c.newest_name, 'first_file', c.first_name, 'format', c.format_id,
        'doc_type', c.doc_type
    ) AS evidence
FROM changed AS c
ORDER BY c.partner_id, c.doc_type, c.column_name
