-- purpose: Tracking events that cannot be taken: no carrier of ours, or no tracking number.
-- reads: staged (one row per event) without staged_duplicate, partner (CARRIER)
-- writes: staged_rejected (one row per refused row, with the first rule that it breaks)
-- params: tracking_no_shape (a regular expression)
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    s.source_file_id,
    s.line_no,
    CASE WHEN c.partner_id IS NULL THEN 'carrier' ELSE 'tracking_no' END AS field,
    CASE WHEN c.partner_id IS NULL THEN s.carrier ELSE s.tracking_no END AS value,
    CASE WHEN c.partner_id IS NULL THEN 'unknown-carrier' ELSE 'tracking-number' END AS rule,
    CASE
        WHEN c.partner_id IS NULL THEN 'No carrier of ours has that name.'
        ELSE 'This has not the shape of a tracking number.'
    END AS reason,
    CASE
        WHEN c.partner_id IS NULL
            THEN 'Register the carrier, or correct its name, and release the row.'
        ELSE 'Ask the carrier for the number, and correct it.'
    END AS remedy
FROM staged AS s
LEFT JOIN staged_duplicate AS d
    ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
LEFT JOIN partner AS c ON s.carrier = c.partner_id AND c.kind = 'CARRIER'
WHERE
    d.source_file_id IS NULL
    AND (c.partner_id IS NULL OR s.tracking_no !~ :tracking_no_shape)
