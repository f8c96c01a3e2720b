-- purpose: What the first pass left of the lines; later passes delete from it.
-- reads: lines (one row per line of a matched kind), step (one row per pair of the first pass)
-- writes: open_lines (one row per line)
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
    l.carried
FROM lines AS l
LEFT JOIN step AS s ON l.line_no = s.line_no
WHERE s.line_no IS NULL
