-- purpose: Money that came after all for a payment that is written off.
-- severity: medium
-- grace: 0
-- remedy: Reopen the write-off (`tieout settlement reopen`): the next reconciliation matches the line.
-- resolves: the write-off is reopened and the line matched
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per payment and currency of its lines
-- params: as_of
SELECT
    f.payment_ref AS subject,
    f.gateway AS partner_id,
    sum(f.amount_minor)::bigint AS amount_minor,
    f.currency,
    min(f.booked_at) AS since,
    array_remove(ARRAY[
        'partner:' || f.gateway, 'payment:' || f.payment_ref, 'order:' || f.order_ref
    ], NULL) AS keys,
    jsonb_build_object(
        'lines', jsonb_agg(
            f.evidence || jsonb_build_object(
                'settlement_line_id', f.settlement_line_id, 'file', f.file_name,
                'line', f.file_line
            ) ORDER BY f.settlement_line_id
        )
    ) AS evidence
FROM current_finding(:as_of) AS f
WHERE f.code = 'SETTLED_AFTER_WRITE_OFF'
GROUP BY f.payment_ref, f.order_ref, f.gateway, f.currency
