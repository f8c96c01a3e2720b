-- purpose: The cases of a naming that ties a line to the payment it means, though they are not equal.
-- reads: mutual_best (one row per pair of groups), pass_payments, pass_lines (one row each),
--   this_pass (one row)
-- writes: step (one row per payment and line)
SELECT
    l.line_no,
    l.line_id,
    p.payment_no,
    CASE
        WHEN l.currency <> p.currency THEN 'CURRENCY_MISMATCH'
        WHEN l.settle_minor < p.settle_minor THEN 'AMOUNT_UNDER'
        ELSE 'AMOUNT_OVER'
    END AS code,
    CASE
        WHEN l.currency <> p.currency THEN l.gross_minor
        ELSE abs(l.settle_minor - p.settle_minor)
    END AS at_risk_minor,
    CAST(NULL AS BIGINT) AS related_no,
    t.reference,
    CASE
        WHEN l.currency <> p.currency THEN 'other currency'
        ELSE 'beyond tolerance'
    END AS reason,
    CAST(1 AS BIGINT) AS candidates
FROM mutual_best AS b
INNER JOIN pass_payments AS p ON b.payment_group = p.group_no
INNER JOIN pass_lines AS l ON b.line_group = l.group_no AND p.nth = l.nth
CROSS JOIN this_pass AS t
