-- purpose: Receipts of what we have not sent.
-- reads: receipt (one row per answered message), vendor_order (one row per order in a file)
-- writes: staged_rejected (one row per refused row)
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    j.source_file_id,
    j.line_no,
    v.field,
    CASE v.field WHEN 'set_control_no' THEN j.set_control_no ELSE j.control_no END AS value,
    j.rule,
    v.reason,
    v.remedy
FROM (
    SELECT
        r.*,
        CASE
            WHEN r.effect_id IS NULL THEN 'unknown-file'
            WHEN r.set_control_no IS NOT NULL AND o.vendor_order_id IS NULL THEN 'unknown-message'
        END AS rule
    FROM receipt AS r
    LEFT JOIN vendor_order AS o ON r.effect_id = o.effect_id AND r.message_no = o.message_no
) AS j
INNER JOIN (
    VALUES
    (
        'unknown-file', 'control_no', 'This vendor was sent no purchase orders under that number.',
        'Ask the vendor which file it means, and correct the number; else discard the row.'
    ),
    (
        'unknown-message', 'set_control_no', 'The file that we sent has no such message.',
        'Ask the vendor which order it means, and correct the number; else discard the row.'
    )
) AS v (rule, field, reason, remedy) ON j.rule = v.rule
