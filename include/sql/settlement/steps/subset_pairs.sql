-- purpose: The matches of lines whose payments are the only ones that can add up to them: each payment
--   takes its own amount of the line.
-- reads: subsets (one row per line and payment of its subset), nameless_lines (one row per line),
--   free_payments (one row per payment), this_pass (one row)
-- writes: step (one row per payment and line)
SELECT
    t.name AS pass,
    p.payment_no,
    l.line_no,
    p.payment_id,
    l.line_id,
    p.gateway,
    p.currency,
    p.currency AS line_currency,
    p.amount_minor,
    CASE
        WHEN l.gross_minor = -l.settle_minor THEN -p.settle_minor
        ELSE p.settle_minor
    END AS gross_minor,
    CAST(0 AS BIGINT) AS variance_minor
FROM subsets AS s
INNER JOIN nameless_lines AS l ON s.line_no = l.line_no
INNER JOIN free_payments AS p ON s.payment_no = p.payment_no
CROSS JOIN this_pass AS t
