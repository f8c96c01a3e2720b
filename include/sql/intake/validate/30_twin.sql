-- purpose: rows whose key (entry, line) another row has: what is taken already stays the first, else
--   the row that came first; `same_body` tells a copy from a conflict.
-- reads: work (row), order_entry (row)
-- writes: temporary table twin (row that is not the first of its key)
-- params: none
CREATE TEMP TABLE twin ON COMMIT DROP AS
WITH
keyed AS (
    SELECT
        w.entry_row_id,
        w.entry_id,
        w.line_no,
        w.status
    FROM work AS w
    WHERE w.entry_id IS NOT NULL AND w.line_no IS NOT NULL
    UNION ALL
    SELECT DISTINCT
        e.entry_row_id,
        e.entry_id,
        e.line_no,
        e.status
    FROM work AS w
    INNER JOIN order_entry AS e ON w.entry_id = e.entry_id AND w.line_no = e.line_no
    WHERE e.status = 'NORMALISED'
),

ranked AS (
    SELECT
        k.entry_row_id,
        first_value(k.entry_row_id) OVER (
            PARTITION BY k.entry_id, k.line_no
            ORDER BY
                array_position(ARRAY['NORMALISED', 'VALID', 'QUARANTINED', 'RECEIVED'], k.status),
                k.entry_row_id
        ) AS first_row_id
    FROM keyed AS k
)

SELECT
    r.entry_row_id,
    r.first_row_id,
    entry_body(this) = entry_body(first_one) AS same_body
FROM ranked AS r
INNER JOIN order_entry AS this ON r.entry_row_id = this.entry_row_id
INNER JOIN order_entry AS first_one ON r.first_row_id = first_one.entry_row_id
WHERE r.entry_row_id <> r.first_row_id
