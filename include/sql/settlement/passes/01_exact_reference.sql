-- purpose: Pair what the gateway's reference names, to the last minor unit.
-- name: exact reference
-- cardinality: one-to-one
-- keys: gateway, gateway_ref, kind, currency, amount
-- tolerance: none
-- window: none
-- tie-break: where several payments or lines share a key, those of the same order_ref pair first;
--   then the n-th payment pairs with the n-th line, each side by day, then id
-- repeat: no
-- reads: open_payments (one row per payment), open_lines (one row per line)
-- writes: pairs (one row per payment and line)
-- tests: tests/unit/settlement/test_passes.py
WITH pairs AS (
    SELECT
        p.payment_no,
        l.line_no,
        p.payment_id,
        l.line_id,
        l.gateway,
        l.currency,
        p.amount_minor,
        l.gross_minor
    FROM open_lines AS l
    INNER JOIN open_payments AS p
        ON
            l.gateway = p.gateway
            AND l.gateway_ref = p.gateway_ref
            AND l.kind = p.kind
            AND l.currency = p.currency
            AND l.settle_minor = p.settle_minor
),

shared_payments AS (
    SELECT payment_no
    FROM pairs
    GROUP BY payment_no
    HAVING count(*) > 1
),

shared_lines AS (
    SELECT line_no
    FROM pairs
    GROUP BY line_no
    HAVING count(*) > 1
),

contested AS (
    SELECT
        x.payment_no,
        x.line_no
    FROM pairs AS x
    INNER JOIN shared_payments AS s ON x.payment_no = s.payment_no
    UNION
    SELECT
        x.payment_no,
        x.line_no
    FROM pairs AS x
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
),

-- Pairs of contested keys that lost to another pair of the same key.
lost AS (
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
)

SELECT
    x.payment_no,
    x.line_no,
    x.payment_id,
    x.line_id,
    x.gateway,
    x.currency,
    x.amount_minor,
    x.gross_minor,
    CAST(0 AS BIGINT) AS variance_minor
FROM pairs AS x
LEFT JOIN lost AS t ON x.payment_no = t.payment_no AND x.line_no = t.line_no
WHERE t.payment_no IS NULL
