-- purpose: The bank lines that name a payout: its reference or the bank's is in the line's text, whenever. A
--   reference that is only the beginning of a longer one that the line names too does not count.
--   Nor does it count where a person parted the two.
-- reads: payouts (one row per payout), bank_lines (one row per line), parted (one row per parted pair)
-- writes: mentions (one row per payout and line that names it)
WITH found AS (
    SELECT
        p.payout_id,
        l.bank_line_id,
        p.gateway,
        p.amount_minor,
        l.amount_minor AS line_minor,
        p.is_late,
        abs(l.day - p.day) AS days,
        CASE WHEN position(p.key IN l.said) > 0 THEN p.key ELSE p.other_key END AS found_key
    FROM payouts AS p
    INNER JOIN bank_lines AS l ON l.currency = p.currency AND l.bank = coalesce(p.bank, l.bank)
    WHERE position(p.key IN l.said) > 0 OR position(p.other_key IN l.said) > 0
)

SELECT
    f.payout_id,
    f.bank_line_id,
    f.gateway,
    f.amount_minor,
    f.line_minor,
    f.is_late,
    f.days
FROM found AS f
WHERE
    NOT EXISTS (
        SELECT 1 FROM found AS g
        WHERE
            g.bank_line_id = f.bank_line_id
            AND g.payout_id <> f.payout_id
            AND length(g.found_key) > length(f.found_key)
            AND position(f.found_key IN g.found_key) > 0
    )
    AND NOT EXISTS (
        SELECT 1 FROM parted AS x
        WHERE x.payout_id = f.payout_id AND x.bank_line_id = f.bank_line_id
    )
