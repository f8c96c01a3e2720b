-- purpose: What the rules change: matches gained, lost or flipped (the payment or the line is matched to
--   another), and payments and lines whose code is another.
-- reads: recorded_matches, recorded_findings (what was), state, replayed_findings (what would be), payments,
--   lines, closed_days (one row per business date)
-- writes: rows what, day, gateway, currency, amount_minor, payment_ref, line_id, instead, kept_by, before,
--   after
WITH now_matched AS (
    SELECT
        s.payment_id,
        s.line_id,
        s.origin AS pass,
        s.day,
        s.amount_minor
    FROM state AS s
    WHERE s.payment_id IS NOT NULL AND s.line_id IS NOT NULL AND s.day IS NOT NULL
),

missing AS (
    SELECT
        r.*,
        (
            SELECT min(p.order_ref)
            FROM now_matched AS n
            INNER JOIN payments AS p ON p.payment_id = n.payment_id
            WHERE n.line_id = r.line_id
        ) AS other_payment,
        (
            SELECT min(n.line_id) FROM now_matched AS n
            WHERE n.payment_id = r.payment_id)
            AS other_line
    FROM recorded_matches AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM now_matched AS n
        WHERE n.payment_id = r.payment_id AND n.line_id = r.line_id
    )
),

gained AS (
    SELECT n.*
    FROM now_matched AS n
    WHERE
        NOT EXISTS (
            SELECT 1 FROM recorded_matches AS r
            WHERE r.payment_id = n.payment_id
        )
        AND NOT EXISTS (
            SELECT 1 FROM recorded_matches AS r
            WHERE r.line_id = n.line_id
        )
),

codes AS (
    SELECT
        coalesce(r.day, n.day) AS day,
        coalesce(r.payment_id, n.payment_id) AS payment_id,
        coalesce(r.line_id, n.line_id) AS line_id,
        coalesce(r.currency, n.currency) AS currency,
        coalesce(n.amount_minor, r.amount_minor) AS amount_minor,
        r.code AS before,
        n.code AS after
    FROM recorded_findings AS r
    FULL OUTER JOIN replayed_findings AS n
        ON
            n.day = r.day
            AND coalesce(n.payment_id, 0) = coalesce(r.payment_id, 0)
            AND coalesce(n.line_id, 0) = coalesce(r.line_id, 0)
    WHERE coalesce(r.code, '') <> coalesce(n.code, '')
),

changes AS (
    SELECT
        CASE
            WHEN m.other_payment IS NULL AND m.other_line IS NULL THEN 'lost' ELSE 'flipped'
        END AS what,
        m.day,
        m.payment_id,
        m.line_id,
        m.amount_minor,
        NULL AS currency,
        coalesce('line:' || cast(m.other_line AS varchar), m.other_payment) AS instead,
        CASE
            WHEN m.origin = 'person' THEN 'person'
            WHEN c.day IS NOT NULL THEN 'closed books'
            ELSE 'run'
        END AS kept_by,
        m.pass AS before,
        NULL AS after
    FROM missing AS m
    LEFT JOIN closed_days AS c ON c.day = m.day
    UNION ALL
    SELECT
        'gained' AS what,
        g.day,
        g.payment_id,
        g.line_id,
        g.amount_minor,
        NULL AS currency,
        NULL AS instead,
        NULL AS kept_by,
        NULL AS before,
        g.pass AS after
    FROM gained AS g
    UNION ALL
    SELECT
        'code' AS what,
        k.day,
        k.payment_id,
        k.line_id,
        k.amount_minor,
        k.currency,
        NULL AS instead,
        NULL AS kept_by,
        k.before,
        k.after
    FROM codes AS k
)

SELECT
    c.what,
    c.day,
    coalesce(p.gateway, l.gateway) AS gateway,
    coalesce(c.currency, p.currency, l.currency) AS currency,
    c.amount_minor,
    p.order_ref AS payment_ref,
    c.line_id,
    c.instead,
    c.kept_by,
    c.before,
    c.after
FROM changes AS c
LEFT JOIN payments AS p ON p.payment_id = c.payment_id
LEFT JOIN lines AS l ON l.line_id = c.line_id
ORDER BY c.day, c.what, gateway, currency, payment_ref, c.line_id, c.before, c.after
