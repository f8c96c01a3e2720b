-- purpose: The cases of a naming that takes no payment: each line with the payment nearest to it in
--   amount, then day, then id, and how many payments its reference names.
-- reads: candidates (one row per payment group and line group), pass_payments, pass_lines (one row
--   each), this_pass (one row)
-- writes: step (one row per line)
WITH
ranked AS (
    SELECT
        payment_group,
        line_group,
        row_number() OVER (
            PARTITION BY line_group
            ORDER BY apart_minor, apart_days, payment_group
        ) AS place
    FROM candidates
),

named AS (
    SELECT
        key_no,
        count(*) AS payments
    FROM pass_payments
    GROUP BY key_no
)

SELECT
    l.line_no,
    l.line_id,
    CAST(NULL AS BIGINT) AS payment_no,
    t.code,
    l.gross_minor AS at_risk_minor,
    p.payment_no AS related_no,
    t.reference,
    t.reason,
    n.payments AS candidates
FROM ranked AS r
INNER JOIN pass_payments AS p ON r.payment_group = p.group_no AND p.nth = 1
INNER JOIN named AS n ON p.key_no = n.key_no
INNER JOIN pass_lines AS l ON r.line_group = l.group_no
CROSS JOIN this_pass AS t
WHERE r.place = 1
