-- purpose: Keep the lines that the last step left.
-- reads: open_lines (one row per line), step (one row per line it took)
-- writes: open_lines (one row per line)
WITH taken AS (
    SELECT DISTINCT line_no
    FROM step
)

SELECT
    l.line_no,
    l.line_id,
    l.currency,
    l.gross_minor,
    l.settle_minor,
    l.booked_day,
    l.rank_no,
    l.ref_key,
    l.order_key,
    l.bond
FROM open_lines AS l
LEFT JOIN taken AS s ON l.line_no = s.line_no
WHERE s.line_no IS NULL
