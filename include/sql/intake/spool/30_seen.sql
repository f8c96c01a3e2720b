-- purpose: for each spool row the row that has its key already, in the table or earlier in the spool.
-- reads: spooled (row), order_entry (row), quarantine (place)
-- writes: temporary table seen (spool row that is not the first of its key)
-- params: none
CREATE TEMP TABLE seen ON COMMIT DROP AS
WITH
keyed AS (
    SELECT
        (p.entry).entry_id,
        (p.entry).line_no,
        p.entry,
        p.source_file_id,
        p.file_line
    FROM spooled AS p
    UNION ALL
    SELECT
        e.entry_id,
        e.line_no,
        e AS entry,
        0 AS source_file_id,
        e.entry_row_id AS file_line
    FROM order_entry AS e
    LEFT JOIN quarantine AS q ON e.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
    WHERE
        e.entry_id IN (SELECT (p.entry).entry_id FROM spooled AS p)
        AND e.status <> 'DUPLICATE'
        AND q.quarantine_id IS NULL
),

ranked AS (
    SELECT
        k.source_file_id,
        k.file_line,
        entry_body(k.entry) AS body,
        row_number() OVER by_key AS place,
        first_value(entry_body(k.entry)) OVER by_key AS first_body
    FROM keyed AS k
    WINDOW by_key AS (PARTITION BY k.entry_id, k.line_no ORDER BY k.source_file_id, k.file_line)
)

SELECT
    r.source_file_id,
    r.file_line,
    r.body = r.first_body AS same_body
FROM ranked AS r
WHERE r.place > 1 AND r.source_file_id > 0
