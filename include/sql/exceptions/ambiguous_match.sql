-- purpose: A settlement line that fits several payments equally well: nobody tosses a coin for money.
-- severity: medium
-- grace: 1 run
-- remedy: Tell the payments apart by the gateway's own records, and match the line by hand.
-- resolves: it becomes unique with new data
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per settlement line
-- params: as_of
SELECT
    'file:' || f.file_name || ':' || f.file_line AS subject,
    f.gateway AS partner_id,
    f.amount_minor,
    f.currency,
    f.booked_at AS since,
    f.keys || array_remove(ARRAY['payment:' || f.line_order_ref], NULL) AS keys,
    f.evidence || jsonb_build_object('file', f.file_name, 'line', f.file_line) AS evidence
FROM current_finding(:as_of) AS f
WHERE f.code = 'AMBIGUOUS_MATCH'
