-- purpose: The near misses as they are handed out.
-- reads: near_misses (one row per line)
-- writes: near_misses (one row per line)
SELECT
    line_id,
    payment_id,
    setting,
    needed,
    would_be_ambiguous = 1 AS would_be_ambiguous,
    more,
    gateway,
    currency,
    amount_minor
FROM near_misses
ORDER BY line_id
