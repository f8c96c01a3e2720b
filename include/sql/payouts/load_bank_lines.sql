-- purpose: Bank lines from the booked lines of statements.
-- reads: numbered_bank_line (one row per booked line), staged_duplicate (one row per line that is known)
-- writes: bank_line (one row per line of an account)
INSERT INTO bank_line (
    source_file_id, file_line, bank, account, currency, amount_minor, booked_on, value_on,
    statement_no, bank_ref, end_to_end_ref, counterparty, counterparty_account, reference_text,
    transaction_code, line_key, extra
)
SELECT
    n.source_file_id,
    n.line_no AS file_line,
    n.partner_id AS bank,
    n.own_account AS account,
    n.currency,
    n.amount_minor,
    n.booked_on,
    n.value_on,
    n.statement_no,
    n.bank_ref,
    n.end_to_end_ref,
    n.counterparty,
    n.counterparty_account,
    n.reference_text,
    n.transaction_code,
    n.line_key,
    coalesce(n.extra, '{}')::jsonb AS extra
FROM numbered_bank_line AS n
LEFT JOIN staged_duplicate AS d ON d.source_file_id = n.source_file_id AND d.line_no = n.line_no
WHERE d.line_no IS NULL
ORDER BY n.source_file_id, n.line_no
