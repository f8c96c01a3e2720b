-- purpose: Statements without a line, as the files of this run state them.
-- reads: source_file (one row per file)
-- writes: rows source_file_id, bank, account, statement_no, opening, closing ("12.34 EUR" each)
SELECT
    f.source_file_id,
    f.partner_id AS bank,
    e.account,
    nullif(e.statement_no, '') AS statement_no,
    e.opening,
    e.closing
FROM source_file AS f
CROSS JOIN
    LATERAL jsonb_to_recordset((f.facts ->> 'statements')::jsonb) AS e (
        account text, statement_no text, entries integer, opening text, closing text
    )
WHERE
    f.doc_type = 'BANK_STATEMENT'
    AND f.status = 'RECEIVED'
    AND e.entries = 0
    AND e.opening IS NOT NULL
    AND e.closing IS NOT NULL
ORDER BY f.source_file_id, e.account, e.statement_no
