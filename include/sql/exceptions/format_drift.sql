-- purpose: A column that the newest file of a feed has and its first one had not, or the other way round: the
--   partner changed its file, and what the column says may now be in no number of ours, or missing in one.
--   Where files name their cells one by one (JSON, XML, EDI): a path that no format knows and no file had
--   before, for seven days; or one of ours that is missing since it stood in each of ten files and more.
-- severity: medium
-- grace: 0
-- remedy: Ask the partner what the column means (evidence: whether one of our columns is made of it). Add a new
--   version of the format where it matters; else say so (tieout exceptions false-alarm), which holds for as
--   long as the column stays as it is.
-- resolves: the next file of the feed has the columns of the first one again, or a person accepts the change; of
--   a new path after seven days
-- reads: source_file (one row per file; facts.columns of those whose format names columns once), feed_path (one
--   row per feed, format and path)
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
),

pathed AS (
    SELECT
        k.partner_id,
        k.doc_type,
        k.format_id,
        min(k.first_file_id) AS first_id,
        max(k.last_file_id) AS newest_id
    FROM feed_path AS k
    INNER JOIN partner_feed AS f
        ON
            k.partner_id = f.partner_id
            AND k.doc_type = f.doc_type
            AND k.format_id = f.format_id
    GROUP BY k.partner_id, k.doc_type, k.format_id
),

strayed AS (
    SELECT
        u.*,
        k.path,
        k.is_ours,
        k.files,
        CASE WHEN k.is_ours THEN 'gone' ELSE 'new' END AS change,
        CASE WHEN k.is_ours THEN k.last_file_id ELSE k.first_file_id END AS turn_id
    FROM pathed AS u
    INNER JOIN feed_path AS k
        ON
            u.partner_id = k.partner_id
            AND u.doc_type = k.doc_type
            AND u.format_id = k.format_id
    WHERE
        NOT k.is_ours AND k.first_file_id > u.first_id
        OR k.is_ours AND k.files >= 10 AND k.last_file_id < u.newest_id
),

-- A path that was in each file up to its last, and the file in which the change shows itself.
turned AS (
    SELECT
        s.partner_id,
        s.doc_type,
        s.format_id,
        s.path AS column_name,
        s.change,
        s.is_ours,
        a.name AS first_name,
        n.name AS newest_name,
        n.received_at AS since
    FROM strayed AS s
    INNER JOIN source_file AS a ON s.first_id = a.source_file_id
    CROSS JOIN
        LATERAL (
            SELECT
                f.name,
                f.received_at
            FROM source_file AS f
            WHERE
                f.partner_id = s.partner_id
                AND f.doc_type = s.doc_type
                AND f.format_id = s.format_id
                AND f.status = 'LOADED'
                AND jsonb_exists(f.facts, 'paths')
                AND (f.source_file_id > s.turn_id OR f.source_file_id = s.turn_id AND NOT s.is_ours)
            ORDER BY f.source_file_id
            LIMIT 1
        ) AS n
    WHERE
        n.received_at <= :as_of
        AND CASE
            WHEN s.is_ours
                THEN
                    s.files = (
                        SELECT count(*) FROM source_file AS f
                        WHERE
                            f.partner_id = s.partner_id
                            AND f.doc_type = s.doc_type
                            AND f.format_id = s.format_id
                            AND f.status = 'LOADED'
                            AND jsonb_exists(f.facts, 'paths')
                            AND f.source_file_id <= s.turn_id
                    )
            ELSE n.received_at > cast(:as_of AS timestamptz) - interval '7 days'
        END
),

drifted AS (
    SELECT
        c.partner_id,
        c.doc_type,
        c.format_id,
        c.column_name,
        c.change,
        NOT c.is_in_extra AS is_ours,
        c.first_name,
        c.newest_name,
        (
            SELECT min(f.received_at) FROM source_file AS f
            WHERE
                f.partner_id = c.partner_id
                AND f.doc_type = c.doc_type
                AND f.format_id = c.format_id
                AND f.status = 'LOADED'
                AND f.source_file_id > c.first_id
                AND f.facts -> 'columns' @> to_jsonb(c.column_name) = (c.change = 'new')
        ) AS since
    FROM changed AS c
    UNION ALL
    SELECT
        t.partner_id,
        t.doc_type,
        t.format_id,
        t.column_name,
        t.change,
        t.is_ours,
        t.first_name,
        t.newest_name,
        t.since
    FROM turned AS t
)

SELECT
    d.doc_type || ':' || d.change || ':' || d.column_name AS subject,
    d.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    d.since,
    ARRAY[
        'partner:' || d.partner_id,
        'doc:' || d.doc_type,
        'feed:' || d.partner_id || '/' || d.doc_type
    ] AS keys,
    jsonb_build_object(
        'column', d.column_name, 'change', d.change, 'ours', d.is_ours,
        'file', d.newest_name, 'first_file', d.first_name, 'format', d.format_id,
        'doc_type', d.doc_type
    ) AS evidence
FROM drifted AS d
ORDER BY d.partner_id, d.doc_type, d.column_name
