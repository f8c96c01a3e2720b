-- purpose: The numbers of the lines that the exact pass left, found without reading their text.
-- reads: lines (one row per line of a matched kind), exact_pairs (one row per pair)
-- writes: left_lines (one row per line)
SELECT l.line_no
FROM lines AS l
LEFT JOIN exact_pairs AS s ON l.line_no = s.line_no
WHERE s.line_no IS NULL
