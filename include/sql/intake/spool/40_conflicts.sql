-- purpose: spool rows whose key has another body, or whose number in the spool another row has.
-- reads: seen (row), spooled (row), order_entry (row)
-- writes: staged_rejected (row of a file)
-- params: none
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    s.source_file_id,
    s.file_line,
    'entry_id' AS field,
    NULL AS value,
    'conflict' AS rule,
    'A row with the same entry and line says something else.' AS reason,
    'Ask the storefront which row holds; discard the other.' AS remedy
FROM seen AS s
WHERE NOT s.same_body
UNION ALL
SELECT
    p.source_file_id,
    p.file_line,
    'seq' AS field,
    (p.entry).spool_seq::text AS value,
    'conflict' AS rule,
    'Another row has this number in the spool.' AS reason,
    'Ask the storefront to write the row again, with a number of its own.' AS remedy
FROM (
    SELECT
        n.*,
        row_number() OVER (
            PARTITION BY (n.entry).spool, (n.entry).spool_seq
            ORDER BY n.source_file_id, n.file_line
        ) AS place
    FROM spooled AS n
) AS p
LEFT JOIN seen AS s ON p.source_file_id = s.source_file_id AND p.file_line = s.file_line
LEFT JOIN order_entry AS e
    ON (p.entry).spool = e.spool AND (p.entry).spool_seq = e.spool_seq
WHERE s.file_line IS NULL AND (p.place > 1 OR e.entry_row_id IS NOT NULL)
