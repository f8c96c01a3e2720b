-- purpose: Settlement lines of a payment beyond the one that settled it, now or in an earlier run.
-- severity: high
-- grace: 0
-- remedy: Tell the gateway; expect a reversal line. Do not refund the customer before it is clear.
-- resolves: a reversal line takes it back
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per payment, its further lines in the evidence
-- params: as_of
SELECT
    f.payment_ref AS subject,
    f.gateway AS partner_id,
    CASE
        WHEN min(f.currency) = max(f.currency) THEN sum(f.amount_minor)::bigint
    END AS amount_minor,
    min(f.currency) AS currency,
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
WHERE f.code = 'DUPLICATE_SETTLEMENT'
GROUP BY f.payment_ref, f.order_ref, f.gateway
