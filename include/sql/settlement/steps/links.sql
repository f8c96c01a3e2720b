-- purpose: What lines point to, as it is handed out: a payment, another line, or both.
-- reads: book_ends (one row per line), book_lines (one row per line), originals (one row per line that is
--   about a charge)
-- writes: links (one row per line that points to something)
SELECT
    line_id,
    relation,
    payment_id,
    related_line_id
FROM book_ends
WHERE relation IS NOT NULL
UNION ALL
SELECT
    b.line_id,
    'refund_of' AS relation,
    o.payment_id,
    o.line_id AS related_line_id
FROM book_lines AS b
INNER JOIN originals AS o ON b.line_no = o.line_no
WHERE b.kind = 'refund' AND b.placed = 0 AND b.original_ref IS NOT NULL
ORDER BY line_id
