-- purpose: A bank statement that does not begin where the one before ended, leaves a number out, or whose lines do
--   not lead from its opening to its closing balance: a statement or a line is missing.
-- severity: high
-- grace: 0
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed
-- remedy: Ask the bank for the statements between the two of the evidence; what is missing loads by itself.
-- resolves: the missing statement comes
-- reads: bank_statement_break (one row per statement and reason), bank_statement (one row per statement), source_file
--   (one row per file)
-- writes: one row per statement after a gap
-- params: as_of
SELECT
    s.account || ':' || coalesce(s.first_on, f.received_at::date) AS subject,
    s.bank AS partner_id,
    max(abs(g.difference_minor)) AS amount_minor,
    s.currency,
    f.received_at AS since,
    ARRAY[
        'partner:' || s.bank,
        'feed:' || s.bank || '/BANK_STATEMENT',
        'file:' || f.name
    ] AS keys,
    jsonb_build_object(
        'reasons', jsonb_agg(g.reason ORDER BY g.reason),
        'statement_no', s.statement_no, 'file', f.name,
        'opening_minor', s.opening_minor, 'movement_minor', s.movement_minor,
        'closing_minor', s.closing_minor,
        'statement_before', min(b.statement_no), 'last_day_before', min(b.last_on),
        'closing_before_minor', min(b.closing_minor)
    ) AS evidence
FROM bank_statement_break(:as_of) AS g
INNER JOIN bank_statement AS s ON s.bank_statement_id = g.bank_statement_id
INNER JOIN source_file AS f ON f.source_file_id = s.source_file_id
LEFT JOIN bank_statement AS b ON b.bank_statement_id = g.before_id
GROUP BY s.bank_statement_id, f.source_file_id
