-- purpose: Pair the payments and lines of crowded keys one to one. Those of the same order_ref come
--   first; then ranks decide: the n-th payment pairs with the n-th line, each side by day, then id.
--   The work grows with the rows of a key, not with their product.
-- reads: near_payments, near_lines (one row each; all rows of a crowded key that has both sides are
--   there), crowded_keys (one row per key)
-- writes: step (one row per payment and line)
WITH
key_payments AS (
    SELECT
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.gateway_ref,
        p.order_ref,
        p.kind,
        p.currency,
        p.settle_minor,
        p.amount_minor,
        p.booked_day,
        p.rank_no,
        row_number() OVER (
            PARTITION BY
                p.gateway, p.gateway_ref, p.kind, p.currency, p.settle_minor, p.order_ref
            ORDER BY p.booked_day, p.rank_no
        ) AS nth
    FROM near_payments AS p
    INNER JOIN crowded_keys AS c ON p.key_code = c.key_code
    WHERE p.taken_by IS NULL AND p.gateway_ref IS NOT NULL
),

key_lines AS (
    SELECT
        l.line_no,
        l.line_id,
        l.gateway,
        l.gateway_ref,
        l.order_ref,
        l.kind,
        l.currency,
        l.settle_minor,
        l.gross_minor,
        l.booked_day,
        l.rank_no,
        row_number() OVER (
            PARTITION BY
                l.gateway, l.gateway_ref, l.kind, l.currency, l.settle_minor, l.order_ref
            ORDER BY l.booked_day, l.rank_no
        ) AS nth
    FROM near_lines AS l
    INNER JOIN crowded_keys AS c ON l.key_code = c.key_code
    WHERE l.gateway_ref IS NOT NULL
),

same_order AS (
    SELECT
        p.payment_no,
        l.line_no
    FROM key_payments AS p
    INNER JOIN key_lines AS l
        ON
            p.gateway = l.gateway
            AND p.gateway_ref = l.gateway_ref
            AND p.kind = l.kind
            AND p.currency = l.currency
            AND p.settle_minor = l.settle_minor
            AND p.order_ref = l.order_ref
            AND p.nth = l.nth
),

-- Those that found none of their own order_ref are numbered among themselves.
ranked_payments AS (
    SELECT
        p.payment_no,
        p.payment_id,
        p.gateway,
        p.gateway_ref,
        p.kind,
        p.currency,
        p.settle_minor,
        p.amount_minor,
        s.line_no,
        row_number() OVER (
            PARTITION BY
                p.gateway, p.gateway_ref, p.kind, p.currency, p.settle_minor,
                CASE WHEN s.line_no IS NULL THEN 1 ELSE 0 END
            ORDER BY p.booked_day, p.rank_no
        ) AS nth
    FROM key_payments AS p
    LEFT JOIN same_order AS s ON p.payment_no = s.payment_no
),

ranked_lines AS (
    SELECT
        l.line_no,
        l.line_id,
        l.gateway,
        l.gateway_ref,
        l.kind,
        l.currency,
        l.settle_minor,
        l.gross_minor,
        s.payment_no,
        row_number() OVER (
            PARTITION BY
                l.gateway, l.gateway_ref, l.kind, l.currency, l.settle_minor,
                CASE WHEN s.payment_no IS NULL THEN 1 ELSE 0 END
            ORDER BY l.booked_day, l.rank_no
        ) AS nth
    FROM key_lines AS l
    LEFT JOIN same_order AS s ON l.line_no = s.line_no
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
    FROM ranked_payments AS p
    INNER JOIN ranked_lines AS l
        ON
            p.gateway = l.gateway
            AND p.gateway_ref = l.gateway_ref
            AND p.kind = l.kind
            AND p.currency = l.currency
            AND p.settle_minor = l.settle_minor
            AND p.nth = l.nth
    WHERE
        p.line_no IS NULL
        AND l.payment_no IS NULL
)

SELECT
    p.payment_no,
    l.line_no,
    p.payment_id,
    l.line_id,
    l.gateway,
    l.currency,
    p.amount_minor,
    l.gross_minor
FROM winners AS w
INNER JOIN key_payments AS p ON w.payment_no = p.payment_no
INNER JOIN key_lines AS l ON w.line_no = l.line_no
