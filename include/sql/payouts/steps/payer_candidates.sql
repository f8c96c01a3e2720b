-- purpose: What only payer and day may tie together: open payouts that no open line names, and open lines that
--   name no open payout but look like their gateway's. A line that is ambiguous already stays so, and those that a
--   person parted do not meet.
-- reads: payouts, bank_lines (one row each), likes (one row per gateway and line), open_mentions, pairs, parted
--   (one row per payout and line)
-- writes: payer_candidates (one row per payout and line)
SELECT
    p.payout_id,
    l.bank_line_id,
    p.gateway,
    p.amount_minor,
    l.amount_minor AS line_minor,
    abs(l.day - p.day) AS days
FROM payouts AS p
INNER JOIN likes AS k ON k.gateway = p.gateway
INNER JOIN bank_lines AS l
    ON
        l.bank_line_id = k.bank_line_id
        AND l.currency = p.currency
        AND l.bank = coalesce(p.bank, l.bank)
WHERE
    abs(l.day - p.day) <= p.window_days
    AND p.is_failed = 0
    AND NOT EXISTS (
        SELECT 1 FROM ambiguous_sums AS a
        WHERE a.bank_line_id = l.bank_line_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM pairs AS x
        WHERE x.payout_id = p.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM pairs AS x
        WHERE x.bank_line_id = l.bank_line_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM open_mentions AS m
        WHERE m.payout_id = p.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM open_mentions AS m
        WHERE m.bank_line_id = l.bank_line_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM parted AS x
        WHERE x.payout_id = p.payout_id AND x.bank_line_id = l.bank_line_id
    )
