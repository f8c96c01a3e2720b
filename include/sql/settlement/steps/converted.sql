-- purpose: The matches of a pass between two currencies. The variance is what the line is worth at the
--   reference rate less what was expected, in the payment's currency and sign.
-- reads: candidates (one row per payment and line), pass_payments, pass_lines (one row each),
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
        WHEN p.amount_minor = -p.settle_minor THEN c.expected_minor - c.worth_minor
        ELSE c.worth_minor - c.expected_minor
    END AS variance_minor
FROM candidates AS c
INNER JOIN pass_payments AS p ON c.payment_no = p.payment_no
INNER JOIN pass_lines AS l ON c.line_no = l.line_no
CROSS JOIN this_pass AS t
