-- purpose: Of the pairs of a pass whose key several payments or lines share, those that lose, so that
--   one payment has one line. Pairs of the same order_ref come first; then ranks decide: the n-th
--   payment pairs with the n-th line, each side by day, then id. Only contested keys are ranked.
-- reads: step (all pairs of one pass: each payment of a key with each line of it), open_payments,
--   open_lines (one row each)
-- writes: losers (one row per pair)
WITH shared_payments AS (
    SELECT payment_no
    FROM step
    GROUP BY payment_no
    HAVING count(*) > 1
),

shared_lines AS (
    SELECT line_no
    FROM step
    GROUP BY line_no
    HAVING count(*) > 1
),

contested AS (
    SELECT
        x.payment_no,
        x.line_no
    FROM step AS x
    INNER JOIN shared_payments AS s ON x.payment_no = s.payment_no
    UNION
    SELECT
        x.payment_no,
        x.line_no
    FROM step AS x
    INNER JOIN shared_lines AS s ON x.line_no = s.line_no
),

-- All lines of one key meet all payments of it, so any member names the key.
line_keys AS (
    SELECT
        line_no,
        min(payment_no) AS key_no
    FROM contested
    GROUP BY line_no
),

payment_keys AS (
    SELECT
        c.payment_no,
        min(k.key_no) AS key_no
    FROM contested AS c
    INNER JOIN line_keys AS k ON c.line_no = k.line_no
    GROUP BY c.payment_no
),

key_payments AS (
    SELECT
        k.key_no,
        p.payment_no,
        p.order_ref,
        p.booked_day,
        p.payment_id,
        row_number() OVER (
            PARTITION BY k.key_no, p.order_ref
            ORDER BY p.booked_day, p.payment_id
        ) AS nth
    FROM payment_keys AS k
    INNER JOIN open_payments AS p ON k.payment_no = p.payment_no
),

key_lines AS (
    SELECT
        k.key_no,
        l.line_no,
        l.order_ref,
        l.booked_day,
        l.line_id,
        row_number() OVER (
            PARTITION BY k.key_no, l.order_ref
            ORDER BY l.booked_day, l.line_id
        ) AS nth
    FROM line_keys AS k
    INNER JOIN open_lines AS l ON k.line_no = l.line_no
),

same_order AS (
    SELECT
        p.payment_no,
        l.line_no
    FROM key_payments AS p
    INNER JOIN key_lines AS l
        ON
            p.key_no = l.key_no
            AND p.order_ref = l.order_ref
            AND p.nth = l.nth
),

other_payments AS (
    SELECT
        p.key_no,
        p.payment_no,
        row_number() OVER (
            PARTITION BY p.key_no
            ORDER BY p.booked_day, p.payment_id
        ) AS nth
    FROM key_payments AS p
    LEFT JOIN same_order AS s ON p.payment_no = s.payment_no
    WHERE s.payment_no IS NULL
),

other_lines AS (
    SELECT
        l.key_no,
        l.line_no,
        row_number() OVER (
            PARTITION BY l.key_no
            ORDER BY l.booked_day, l.line_id
        ) AS nth
    FROM key_lines AS l
    LEFT JOIN same_order AS s ON l.line_no = s.line_no
    WHERE s.line_no IS NULL
),

winners AS (
    SELECT
        payment_no,
        line_no
    FROM same_order
    UNION ALL
    SELECT
        p.payment_no,
        l.line_no
    FROM other_payments AS p
    INNER JOIN other_lines AS l ON p.key_no = l.key_no AND p.nth = l.nth
)

SELECT
    c.payment_no,
    c.line_no
FROM contested AS c
LEFT JOIN winners AS w ON c.payment_no = w.payment_no AND c.line_no = w.line_no
WHERE w.payment_no IS NULL
