-- purpose: Open lines that carry no reference at all, of payouts whose total is the sum of the net amounts of
--   their lines. A line with a reference that nobody knows is about something else than our payments.
-- reads: open_lines, near_lines (one row per line), paid_lines (one row per line of a payout), payouts (one
--   row per payout)
-- writes: nameless_lines (one row per line)
WITH
totals AS (
    SELECT
        gateway,
        payout_ref,
        currency,
        sum(net_minor) AS net_minor
    FROM payouts
    GROUP BY gateway, payout_ref, currency
),

sums AS (
    SELECT
        gateway,
        payout_ref,
        currency,
        sum(net_minor) AS net_minor
    FROM paid_lines
    GROUP BY gateway, payout_ref, currency
),

whole AS (
    SELECT
        t.gateway,
        t.payout_ref,
        t.currency
    FROM totals AS t
    INNER JOIN sums AS s
        ON
            t.gateway = s.gateway
            AND t.payout_ref = s.payout_ref
            AND t.currency = s.currency
            AND t.net_minor = s.net_minor
)

SELECT
    l.line_no,
    l.line_id,
    n.gateway,
    n.kind,
    l.currency,
    l.gross_minor,
    l.settle_minor,
    l.booked_day
FROM open_lines AS l
INNER JOIN near_lines AS n ON l.line_no = n.line_no
INNER JOIN paid_lines AS d ON l.line_no = d.line_no
INNER JOIN whole AS w
    ON
        d.gateway = w.gateway
        AND d.payout_ref = w.payout_ref
        AND d.currency = w.currency
WHERE l.ref_key IS NULL AND l.order_key IS NULL AND l.settle_minor <> 0
