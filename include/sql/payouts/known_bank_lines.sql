-- purpose: Lines that an earlier file had already, or another file of this run: they count as duplicates.
-- reads: numbered_bank_line (one row per booked line), bank_line (one row per line)
-- writes: staged_duplicate (one row per line that is known)
INSERT INTO staged_duplicate (source_file_id, line_no)
SELECT
    n.source_file_id,
    n.line_no
FROM (
    SELECT
        b.*,
        row_number() OVER (
            PARTITION BY b.partner_id, b.own_account, b.currency, b.line_key
            ORDER BY b.source_file_id, b.line_no
        ) AS place
    FROM numbered_bank_line AS b
) AS n
LEFT JOIN bank_line AS k
    ON
        k.bank = n.partner_id
        AND k.account = n.own_account
        AND k.currency = n.currency
        AND k.line_key = n.line_key
WHERE n.place > 1 OR k.bank_line_id IS NOT NULL
