-- purpose: The matches of a key whose one whole is the sum of many parts. Each part takes its own amount of
--   the whole, and the last by id takes what is left, so that both sides add up to the minor unit; the
--   variance, settled less expected in the payment's own sign, is booked on the last.
-- reads: candidates (one row per key), pass_payments, pass_lines (one row each), this_pass (one row)
-- writes: step (one row per part)
WITH meeting AS (
    SELECT
        t.name AS pass,
        p.payment_no,
        l.line_no,
        p.payment_id,
        l.line_id,
        p.gateway,
        p.currency,
        p.amount_minor,
        l.gross_minor,
        t.whole_side,
        CASE WHEN p.amount_minor = -p.settle_minor THEN -1 ELSE 1 END AS payment_sign,
        CASE WHEN l.gross_minor = -l.settle_minor THEN -1 ELSE 1 END AS line_sign,
        p.settle_minor AS payment_settle,
        l.settle_minor AS line_settle,
        row_number() OVER (
            PARTITION BY p.key_no, p.currency
            ORDER BY p.group_no DESC, p.nth DESC, l.group_no DESC, l.nth DESC
        ) AS from_last,
        sum(p.settle_minor) OVER (
            PARTITION BY p.key_no, p.currency
        ) AS payments_sum,
        sum(l.settle_minor) OVER (
            PARTITION BY p.key_no, p.currency
        ) AS lines_sum
    FROM candidates AS c
    INNER JOIN pass_payments AS p ON c.key_no = p.key_no AND c.currency = p.currency
    INNER JOIN pass_lines AS l ON c.key_no = l.key_no AND c.currency = l.currency
    CROSS JOIN this_pass AS t
),

parts AS (
    SELECT
        *,
        CASE
            WHEN whole_side = 'line' THEN payment_settle
            WHEN from_last = 1 THEN CAST(payment_settle - (lines_sum - line_settle) AS BIGINT)
            ELSE line_settle
        END AS expected,
        CASE
            WHEN whole_side = 'payment' THEN line_settle
            WHEN from_last = 1 THEN CAST(line_settle - (payments_sum - payment_settle) AS BIGINT)
            ELSE payment_settle
        END AS settled
    FROM meeting
)

SELECT
    pass,
    payment_no,
    line_no,
    payment_id,
    line_id,
    gateway,
    currency,
    currency AS line_currency,
    payment_sign * expected AS amount_minor,
    line_sign * settled AS gross_minor,
    payment_sign * (settled - expected) AS variance_minor
FROM parts
