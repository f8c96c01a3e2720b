-- purpose: What the exact pass left of the lines, with all that is told about them.
-- reads: lines (one row per line of a matched kind), left_lines (one row per line that is left)
-- writes: near_lines (one row per line; rank_no counts them by id, so that a lower number is a lower id)
SELECT
    l.line_no,
    l.line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.kind,
    l.currency,
    l.gross_minor,
    l.settle_minor,
    l.booked_day,
    l.key_code,
    row_number() OVER (ORDER BY l.line_id) AS rank_no
FROM lines AS l
INNER JOIN left_lines AS s ON l.line_no = s.line_no
