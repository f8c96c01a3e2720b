-- purpose: spool rows that the table order_entry cannot hold.
-- reads: staged (row of a file)
-- writes: staged_rejected (row of a file)
-- params: none
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    s.source_file_id,
    s.line_no,
    wrong.field,
    wrong.value,
    'spool-type' AS rule,
    'The order entry cannot hold this value.' AS reason,
    'Correct the row.' AS remedy
FROM staged AS s
CROSS JOIN LATERAL (
    SELECT
        f.field,
        f.value
    FROM (
        VALUES
        (
            1, 'entry_id', s.entry_id,
            s.entry_id !~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$'
        ),
        (2, 'line_no', s.order_line_no::text, s.order_line_no > 2147483647),
        (3, 'quantity', s.quantity::text, abs(s.quantity) > 2147483647),
        (4, 'payments', left(s.payments, 200), s.payments LIKE '%\\u0000%')
    ) AS f (place, field, value, is_wrong)
    WHERE f.is_wrong
    ORDER BY f.place
    LIMIT 1
) AS wrong
