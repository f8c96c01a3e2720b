-- purpose: Rows that can be no reference rate: not above zero, or of a currency against itself.
-- reads: staged (one row per rate)
-- writes: staged_rejected (one row per bad row)
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    s.source_file_id,
    s.line_no,
    CASE WHEN s.rate > 0 THEN 'quote' ELSE 'rate' END AS field,
    CASE WHEN s.rate > 0 THEN s.quote ELSE s.rate::text END AS value,
    'reference-rate' AS rule,
    'A reference rate is above zero and of two currencies.' AS reason,
    'Correct the row by the publisher''s own page.' AS remedy
FROM staged AS s
WHERE s.rate <= 0 OR s.base = s.quote
