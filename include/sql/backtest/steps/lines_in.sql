-- purpose: The lines that are open on a business date; what a person parted names nothing, as in
--   settlement/open_lines.
-- reads: lines, payments (one row each), undone (one row per parted pair), state, this_day (one row)
-- writes: the lines of the matching engine
WITH parted AS (
    SELECT
        u.line_id,
        max(CASE WHEN p.gateway_ref = l.gateway_ref THEN 1 ELSE 0 END) AS by_gateway_ref,
        max(CASE WHEN p.order_ref = l.order_ref THEN 1 ELSE 0 END) AS by_order_ref
    FROM undone AS u
    CROSS JOIN this_day AS t
    INNER JOIN payments AS p ON p.payment_id = u.payment_id
    INNER JOIN lines AS l ON l.line_id = u.line_id
    WHERE u.undone_on <= t.day AND coalesce(u.again_on > t.day, TRUE)
    GROUP BY u.line_id
)

SELECT
    cast(l.line_id AS varchar) AS line_id,
    l.gateway,
    l.gateway_ref || CASE WHEN b.by_gateway_ref = 1 THEN ' (parted)' ELSE '' END AS gateway_ref,
    l.order_ref || CASE WHEN b.by_order_ref = 1 THEN ' (parted)' ELSE '' END AS order_ref,
    l.kind,
    l.currency,
    l.gross_minor,
    l.booked_at,
    l.first_day < t.day AS carried
FROM lines AS l
CROSS JOIN this_day AS t
LEFT JOIN parted AS b ON b.line_id = l.line_id
WHERE
    l.first_day <= t.day AND l.line_id NOT IN (
        SELECT s.line_id FROM state AS s
        WHERE s.line_id IS NOT NULL
    )
