-- purpose: The statements of the files, with their balances: as stated, or from the running balance of the
--   lines, which may stand oldest or newest first.
-- reads: numbered_bank_line (one row per booked line), staged_duplicate (one row per line that is known)
-- writes: bank_statement (one row per file, account, currency, statement number and opening balance)
INSERT INTO bank_statement (
    source_file_id, bank, account, currency, statement_no, opening_minor, closing_minor,
    movement_minor, lines, known_lines, first_on, last_on, stated_opening_minor
)
SELECT
    c.source_file_id,
    c.partner_id AS bank,
    c.own_account AS account,
    c.currency,
    c.statement_no,
    coalesce(
        min(c.opening_minor),
        CASE WHEN bool_and(c.goes_on) THEN min(c.opens) ELSE min(c.opens_reversed) END
    ) AS opening_minor,
    coalesce(
        min(c.closing_minor),
        CASE WHEN bool_and(c.goes_on) THEN min(c.closes) ELSE min(c.closes_reversed) END
    ) AS closing_minor,
    sum(c.amount_minor) AS movement_minor,
    count(*) AS lines,
    count(d.line_no) AS known_lines,
    min(c.booked_on) AS first_on,
    max(c.booked_on) AS last_on,
    c.opening_minor AS stated_opening_minor
FROM (
    SELECT
        n.*,
        coalesce(
            n.balance_after_minor = lag(n.balance_after_minor) OVER w + n.amount_minor, true
        ) AS goes_on,
        first_value(n.balance_after_minor - n.amount_minor) OVER w AS opens,
        last_value(n.balance_after_minor) OVER w AS closes,
        last_value(n.balance_after_minor - n.amount_minor) OVER w AS opens_reversed,
        first_value(n.balance_after_minor) OVER w AS closes_reversed
    FROM numbered_bank_line AS n
    WINDOW w AS (
        PARTITION BY
            n.source_file_id, n.own_account, n.currency, n.statement_no, n.opening_minor
        ORDER BY n.line_no
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
) AS c
LEFT JOIN staged_duplicate AS d ON d.source_file_id = c.source_file_id AND d.line_no = c.line_no
GROUP BY
    c.source_file_id, c.partner_id, c.own_account, c.currency, c.statement_no, c.opening_minor
ON CONFLICT (source_file_id, account, currency, statement_no, stated_opening_minor) DO UPDATE SET
    movement_minor = bank_statement.movement_minor + excluded.movement_minor,
    lines = bank_statement.lines + excluded.lines,
    known_lines = bank_statement.known_lines + excluded.known_lines,
    first_on = least(bank_statement.first_on, excluded.first_on),
    last_on = greatest(bank_statement.last_on, excluded.last_on)
