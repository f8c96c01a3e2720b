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
contested_keys AS (
    SELECT
        line_no,
        min(payment_no) AS key_no
    FROM contested
    GROUP BY line_no
),

contested_facts AS (
    SELECT
        c.payment_no,
        c.line_no,
        k.key_no,
        p.order_ref AS payment_order,
        l.order_ref AS line_order,
        p.booked_day AS payment_day,
        l.booked_day AS line_day,
        p.payment_id,
        l.line_id
    FROM contested AS c
    INNER JOIN contested_keys AS k ON c.line_no = k.line_no
    INNER JOIN open_payments AS p ON c.payment_no = p.payment_no
    INNER JOIN open_lines AS l ON c.line_no = l.line_no
),

same_order_ranks AS (
    SELECT
        payment_no,
        line_no,
        dense_rank() OVER (
            PARTITION BY key_no, payment_order
            ORDER BY payment_day, payment_id
        ) AS payment_rank,
        dense_rank() OVER (
            PARTITION BY key_no, payment_order
            ORDER BY line_day, line_id
        ) AS line_rank
    FROM contested_facts
    WHERE payment_order = line_order
),

same_order AS (
    SELECT
        payment_no,
        line_no
    FROM same_order_ranks
    WHERE payment_rank = line_rank
),

remaining_ranks AS (
    SELECT
        f.payment_no,
        f.line_no,
        dense_rank() OVER (
            PARTITION BY f.key_no
            ORDER BY f.payment_day, f.payment_id
        ) AS payment_rank,
        dense_rank() OVER (
            PARTITION BY f.key_no
            ORDER BY f.line_day, f.line_id
        ) AS line_rank
    FROM contested_facts AS f
    LEFT JOIN same_order AS sp ON f.payment_no = sp.payment_no
    LEFT JOIN same_order AS sl ON f.line_no = sl.line_no
    WHERE sp.payment_no IS NULL AND sl.line_no IS NULL
)

SELECT
    c.payment_no,
    c.line_no
FROM contested AS c
LEFT JOIN same_order AS s
    ON c.payment_no = s.payment_no AND c.line_no = s.line_no
LEFT JOIN remaining_ranks AS r
    ON
        c.payment_no = r.payment_no
        AND c.line_no = r.line_no
        AND r.payment_rank = r.line_rank
WHERE s.payment_no IS NULL AND r.payment_no IS NULL
