-- purpose: What the exact pass left of the lines.
-- reads: lines (one row per line of a matched kind), exact_pairs (one row per pair)
-- writes: open_lines (one row per line; rank_no counts them by id, so that a lower number is a lower
--   id; bond is told by steps/bonds.sql)
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
    l.ref_code,
    l.order_code,
    row_number() OVER (ORDER BY l.line_id) AS rank_no,
    CAST(0 AS BIGINT) AS bond
FROM lines AS l
LEFT JOIN exact_pairs AS s ON l.line_no = s.line_no
WHERE s.line_no IS NULL
