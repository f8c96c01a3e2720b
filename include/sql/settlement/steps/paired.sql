-- purpose: The matches of a pass: of two groups that are each other's best, the n-th payment and the n-th
--   line. The variance is settled less expected, in the payment's own sign.
-- reads: mutual_best (one row per pair of groups), pass_payments, pass_lines (one row each),
--   this_pass (one row)
-- writes: step (one row per payment and line)
SELECT
    t.name AS pass,
    p.payment_no,
    l.line_no,
    p.payment_id,
    l.line_id,
    p.gateway,
    p.currency,
    l.currency AS line_currency,
    p.amount_minor,
    l.gross_minor,
    CASE
        WHEN p.amount_minor = -p.settle_minor THEN p.settle_minor - l.settle_minor
        ELSE l.settle_minor - p.settle_minor
    END AS variance_minor
FROM mutual_best AS b
INNER JOIN pass_payments AS p ON b.payment_group = p.group_no
INNER JOIN pass_lines AS l ON b.line_group = l.group_no AND p.nth = l.nth
CROSS JOIN this_pass AS t
