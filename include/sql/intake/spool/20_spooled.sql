-- purpose: the spool rows as rows of order_entry; their spool is the file they came in.
-- reads: staged (row of a file), staged_rejected (row of a file), source_file (file)
-- writes: temporary table spooled (row)
-- params: none
CREATE TEMP TABLE spooled ON COMMIT DROP AS
SELECT
    s.source_file_id,
    s.line_no AS file_line,
    s.received_at,
    jsonb_populate_record(
        NULL::order_entry,
        to_jsonb(s) || jsonb_build_object(
            'line_no', s.order_line_no, 'payments', s.payments::jsonb, 'spool', f.name
        )
    ) AS entry
FROM staged AS s
INNER JOIN source_file AS f ON s.source_file_id = f.source_file_id
LEFT JOIN staged_rejected AS r
    ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
WHERE r.line_no IS NULL
