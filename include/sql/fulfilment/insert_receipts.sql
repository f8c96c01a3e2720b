-- purpose: The receipts as they were said, with what their error codes mean.
-- reads: receipt (one row per answered message) without staged_rejected, answer_time, receipt_error
-- writes: vendor_receipt (one row per answered message)
INSERT INTO vendor_receipt (
    source_file_id, file_line, vendor_id, effect_id, message_no, verdict, error_code, reason,
    error_segment, error_position, said, answered_at
)
SELECT
    r.source_file_id,
    r.line_no AS file_line,
    r.partner_id AS vendor_id,
    r.effect_id,
    r.message_no,
    r.verdict,
    r.error_code,
    e.meaning AS reason,
    r.error_segment,
    r.error_position,
    r.said,
    f.answered_at
FROM receipt AS r
INNER JOIN answer_time AS f ON r.source_file_id = f.source_file_id
INNER JOIN source_file AS s ON r.source_file_id = s.source_file_id
LEFT JOIN receipt_error AS e
    ON
        r.error_code = e.code
        AND e.concerns = CASE
            WHEN s.format_id LIKE 'edifact-%' THEN 'edifact'
            WHEN r.error_segment IS NOT NULL THEN 'x12-segment'
            WHEN r.message_no IS NOT NULL THEN 'x12-set'
            ELSE 'x12-group'
        END
LEFT JOIN staged_rejected AS x
    ON r.source_file_id = x.source_file_id AND r.line_no = x.line_no
WHERE x.source_file_id IS NULL
ORDER BY r.source_file_id, r.line_no
