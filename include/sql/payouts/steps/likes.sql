-- purpose: The bank lines that look like a gateway's: a word by which the bank shows it is in the text.
-- reads: payers (one row per gateway and word), bank_lines (one row per line)
-- writes: likes (one row per gateway and line)
SELECT DISTINCT
    y.gateway,
    l.bank_line_id
FROM payers AS y
INNER JOIN bank_lines AS l ON position(y.said IN l.said) > 0
