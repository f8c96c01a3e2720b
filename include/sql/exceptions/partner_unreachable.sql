-- purpose: A partner with whom no files can be exchanged: the server is not reached, does not show the
--   pinned host key, does not let us in, or says no to a folder or a file. What concerns a whole
--   connection is one case, however many partners it serves.
-- severity: high
-- grace: 1 hour
-- remedy: Read what the server said in the evidence. Another host key: ask the partner before you change
--   the connection. What waits goes out and comes in by itself when the server is back.
-- resolves: the next exchange that goes well
-- reads: partner_contact (one row per feed), partner, partner_feed (one row each)
-- writes: one row per connection, or per partner where one feed alone is refused
-- params: as_of
WITH contact AS (
    SELECT
        c.partner_id,
        c.doc_type,
        c.contacted_at,
        c.last_ok_at,
        c.failing_since,
        c.problem,
        c.message,
        p.connection_id,
        max(c.last_ok_at) OVER (PARTITION BY p.connection_id) AS connection_ok_at
    FROM partner_contact AS c
    INNER JOIN partner AS p ON p.partner_id = c.partner_id
    INNER JOIN partner_feed AS f ON f.partner_id = c.partner_id AND f.doc_type = c.doc_type
    WHERE p.active
),

failing AS (
    SELECT
        c.*,
        CASE
            WHEN c.problem = 'refused' OR c.connection_id IS NULL THEN 'partner:' || c.partner_id
            ELSE 'connection:' || c.connection_id
        END AS subject
    FROM contact AS c
    WHERE
        c.failing_since <= :as_of
        AND (
            c.problem = 'refused'
            OR c.connection_id IS NULL
            OR c.connection_ok_at IS NULL
            OR c.connection_ok_at <= c.contacted_at
        )
),

served AS (
    SELECT
        p.connection_id,
        CASE WHEN count(*) = 1 THEN min(p.partner_id) END AS partner_id
    FROM partner AS p
    WHERE p.active AND p.connection_id IS NOT NULL
    GROUP BY p.connection_id
)

SELECT
    f.subject,
    CASE
        WHEN f.subject LIKE 'partner:%' THEN min(f.partner_id) ELSE min(s.partner_id)
    END AS partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    min(f.failing_since) AS since,
    array_agg(DISTINCT k.key) AS keys,
    jsonb_build_object(
        'connection', min(f.connection_id),
        'partners', count(DISTINCT f.partner_id),
        'feeds', (array_agg(DISTINCT f.partner_id || '/' || f.doc_type))[1:20],
        'problem', min(f.problem),
        'message', min(f.message),
        'last_ok_at', max(f.last_ok_at)
    ) AS evidence
FROM failing AS f
LEFT JOIN served AS s ON s.connection_id = f.connection_id
CROSS JOIN
    LATERAL (
        VALUES ('partner:' || f.partner_id),
        ('doc:' || f.doc_type),
        ('feed:' || f.partner_id || '/' || f.doc_type)
    ) AS k (key)
GROUP BY f.subject
