-- purpose: The matches as they are handed out.
-- reads: pairs (one row per match)
-- writes: matches (one row per match; match_id depends on the two ids alone)
SELECT
    md5(payment_id || chr(31) || line_id) AS match_id,
    pass,
    payment_id,
    line_id,
    amount_minor,
    variance_minor
FROM pairs
ORDER BY line_id, payment_id
