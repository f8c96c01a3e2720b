-- purpose: Statements without a line carry their balance on to the next one.
-- reads: empty_statement (one row per statement)
-- writes: bank_statement (one row per statement; one that is there stays as it is)
INSERT INTO bank_statement (
    source_file_id, bank, account, currency, statement_no, opening_minor, closing_minor,
    movement_minor, lines, known_lines, stated_opening_minor
)
SELECT
    e.source_file_id,
    e.bank,
    e.account,
    e.currency,
    e.statement_no,
    e.opening_minor,
    e.closing_minor,
    0 AS movement_minor,
    0 AS lines,
    0 AS known_lines,
    e.opening_minor AS stated_opening_minor
FROM empty_statement AS e
ON CONFLICT (source_file_id, account, currency, statement_no, stated_opening_minor) DO NOTHING
