-- purpose: Money given back to us for a chargeback, refund or reserve that we do not know, or of another amount.
-- severity: medium
-- grace: 1 run
-- remedy: Ask the gateway what the line takes back; check that all its files have arrived.
-- resolves: the line that it takes back arrives, or a person writes the line off
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per reference, its lines in the evidence
-- params: as_of
WITH findings AS (
    SELECT
        f.*,
        coalesce(
            f.line_gateway_ref, f.line_order_ref, 'file:' || f.file_name || ':' || f.file_line
        ) AS subject
    FROM current_finding(:as_of) AS f
    WHERE f.code = 'REVERSAL_UNKNOWN'
)

SELECT
    f.subject,
    f.gateway AS partner_id,
    CASE
        WHEN min(f.currency) = max(f.currency) THEN sum(f.amount_minor)::bigint
    END AS amount_minor,
    min(f.currency) AS currency,
    min(f.booked_at) AS since,
    array_remove(ARRAY[
        'partner:' || f.gateway,
        'payment:' || min(f.payment_ref),
        'order:' || min(f.order_ref),
        'gateway_ref:' || min(f.line_gateway_ref)
    ], NULL) AS keys,
    jsonb_build_object(
        'lines', jsonb_agg(
            f.evidence || jsonb_build_object(
                'settlement_line_id', f.settlement_line_id, 'file', f.file_name,
                'line', f.file_line
            ) ORDER BY f.settlement_line_id
        )
    ) AS evidence
FROM findings AS f
GROUP BY f.gateway, f.subject
