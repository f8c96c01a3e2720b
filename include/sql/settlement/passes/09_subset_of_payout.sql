-- purpose: Pair a line that names nothing with the open payments that alone can add up to it. Only in
--   payouts whose total is the sum of their lines, so that the amount is not in doubt.
-- name: subset of payout
-- cardinality: one line to many payments, by search
-- reference: payout_ref
-- keys: gateway, kind, currency; line and payments are named by nothing else
-- currency: same
-- needs: payouts
-- tolerance: none
-- window: settings.window_days, both ways, inclusive, in whole UTC days
-- tie-break: none: where several subsets fit, or more than 500 payments or too many of their sums would
--   have to be tried, the line is ambiguous
-- reads: nameless_lines (one row per line), free_payments (one row per payment), search_sizes (one row
--   per line), settings (one row per gateway)
-- writes: candidates (one row per line and payment that may be part of it)
SELECT
    l.line_no,
    l.settle_minor AS whole_minor,
    p.payment_no,
    p.settle_minor
FROM nameless_lines AS l
INNER JOIN search_sizes AS z ON l.line_no = z.line_no
INNER JOIN settings AS s ON l.gateway = s.gateway
INNER JOIN free_payments AS p
    ON
        l.gateway = p.gateway
        AND l.kind = p.kind
        AND l.currency = p.currency
WHERE
    z.payments <= 500
    AND abs(l.booked_day - p.booked_day) <= s.window_days
ORDER BY l.line_no, p.payment_id
