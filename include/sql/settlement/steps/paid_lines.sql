-- purpose: The lines of payouts, with what each adds to its payout. None where no payouts are given.
-- reads: all_lines (one row per line)
-- writes: paid_lines (one row per line)
SELECT
    line_no,
    gateway,
    payout_ref,
    currency,
    net_minor
FROM all_lines
WHERE payout_ref IS NOT NULL
