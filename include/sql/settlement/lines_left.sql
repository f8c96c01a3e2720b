-- purpose: Add the lines that a reconciliation leaves open to the open lines.
-- reads: left_line (one row per line), settlement_awaited_line (one row per open line)
-- writes: settlement_open_line (one row per line; a line that is there stays as it is)
INSERT INTO settlement_open_line (settlement_line_id, first_reconciled_on, open_from)
SELECT
    a.settlement_line_id,
    a.first_reconciled_on,
    a.open_from
FROM left_line AS n
INNER JOIN settlement_awaited_line AS a ON a.settlement_line_id = n.settlement_line_id
ON CONFLICT DO NOTHING
