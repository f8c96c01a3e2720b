-- purpose: The charge that a line is about: by the reference that it gives as the original, else by the
--   gateway's reference, else by ours. Where a reference names several charges, the one of the same order;
--   where that names none or several, nothing is said.
-- reads: book_lines (one row per line), all_payments (one row per payment), exact_pairs, other_pairs
--   (one row per match), lines (one row per line of a matched kind)
-- writes: originals (one row per line that is about one charge; the line that settled it, where known)
WITH
names AS (
    SELECT
        line_no,
        gateway,
        order_ref,
        original_ref AS ref,
        1 AS strength
    FROM book_lines
    WHERE original_ref IS NOT NULL
    UNION ALL
    SELECT
        line_no,
        gateway,
        order_ref,
        gateway_ref AS ref,
        2 AS strength
    FROM book_lines
    WHERE gateway_ref IS NOT NULL
),

named AS (
    SELECT
        n.line_no,
        p.payment_no,
        2 * n.strength - CASE WHEN p.order_ref = n.order_ref THEN 1 ELSE 0 END AS strength
    FROM names AS n
    INNER JOIN all_payments AS p ON n.gateway = p.gateway AND n.ref = p.gateway_ref
    WHERE p.kind = 'charge'
    UNION ALL
    SELECT
        b.line_no,
        p.payment_no,
        5 AS strength
    FROM book_lines AS b
    INNER JOIN all_payments AS p ON b.gateway = p.gateway AND b.order_ref = p.order_ref
    WHERE p.kind = 'charge'
),

nearest AS (
    SELECT
        line_no,
        payment_no,
        rank() OVER (PARTITION BY line_no ORDER BY strength) AS place
    FROM named
),

meant AS (
    SELECT
        line_no,
        min(payment_no) AS payment_no
    FROM nearest
    WHERE place = 1
    GROUP BY line_no
    HAVING count(*) = 1
),

settled AS (
    SELECT
        m.payment_no,
        min(coalesce(p.settled_by, e.line_id, o.line_id)) AS line_id
    FROM meant AS m
    INNER JOIN all_payments AS p ON m.payment_no = p.payment_no
    LEFT JOIN exact_pairs AS e ON m.payment_no = e.payment_no
    LEFT JOIN other_pairs AS o ON m.payment_no = o.payment_no
    GROUP BY m.payment_no
),

-- Where no payment of ours is meant, the charge's own line may be.
charges AS (
    SELECT
        n.line_no,
        min(l.line_id) AS line_id
    FROM names AS n
    INNER JOIN lines AS l ON n.gateway = l.gateway AND n.ref = l.gateway_ref
    LEFT JOIN meant AS m ON n.line_no = m.line_no
    WHERE l.kind = 'charge' AND m.line_no IS NULL
    GROUP BY n.line_no
    HAVING count(DISTINCT l.line_id) = 1
)

SELECT
    m.line_no,
    p.payment_no,
    p.payment_id,
    p.currency,
    p.amount_minor,
    p.settle_minor,
    p.booked_day,
    s.line_id
FROM meant AS m
INNER JOIN all_payments AS p ON m.payment_no = p.payment_no
INNER JOIN settled AS s ON m.payment_no = s.payment_no
UNION ALL
SELECT
    line_no,
    NULL AS payment_no,
    NULL AS payment_id,
    NULL AS currency,
    NULL AS amount_minor,
    NULL AS settle_minor,
    NULL AS booked_day,
    line_id
FROM charges
