-- purpose: The lines that wait and are not late: reserves that are held.
-- reads: book_ends (one row per line)
-- writes: open_lines (one row per line)
SELECT
    line_id,
    gateway,
    gateway_ref,
    kind,
    currency,
    gross_minor
FROM book_ends
WHERE bucket = 'open'
ORDER BY line_id
