-- purpose: The booked lines of the statements, each with what tells it from all others of its account: what it
--   says, and how many alike stand before it in its statement. Lines that are only pending are no money
--   yet; they come again when they are booked.
-- reads: staged (one row per row of a file)
-- writes: numbered_bank_line (one row per booked line)
CREATE TEMP TABLE numbered_bank_line ON COMMIT DROP AS
SELECT
    s.*,
    coalesce(s.account, s.partner_id) AS own_account,
    md5(concat_ws('|', s.said, row_number() OVER (
        PARTITION BY s.source_file_id, s.account, s.currency, s.said ORDER BY s.line_no
    ))) AS line_key
FROM (
    SELECT
        b.*,
        md5(jsonb_build_array(
            b.booked_on, b.amount_minor, b.statement_no, b.bank_ref, b.end_to_end_ref,
            b.counterparty, b.reference_text, b.balance_after_minor
        )::text) AS said
    FROM staged AS b
    WHERE coalesce(b.status, 'booked') = 'booked'
) AS s
