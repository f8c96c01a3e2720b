-- purpose: A customer's bank took a payment back, and the gateway has not won it back.
-- severity: high
-- grace: 0
-- remedy: Send the gateway the proof of delivery before its deadline, or accept the loss and write the line off.
-- resolves: the reversal of the chargeback arrives, or a person writes the line off
-- reads: current_finding (one row per finding of the newest reconciliation)
-- writes: one row per payment, its lines in the evidence
-- params: as_of
WITH findings AS (
    SELECT
        f.*,
        coalesce(
            f.payment_ref, f.line_gateway_ref, f.line_order_ref,
            'file:' || f.file_name || ':' || f.file_line
        ) AS subject
    FROM current_finding(:as_of) AS f
    WHERE f.code = 'CHARGEBACK'
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
