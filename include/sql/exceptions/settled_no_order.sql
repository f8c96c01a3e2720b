-- purpose: Money for an order that we do not know. A line whose payment has arrived since the newest
--   reconciliation is left out: the next one looks at it.
-- severity: high
-- grace: 1 run
-- inhibited-by: ROW_REJECTED by payment, ROW_REJECTED by gateway_ref, FILE_REFUSED by doc,
--   PARTNER_UNREACHABLE by doc
-- remedy: Ask the storefront for the order; without one, refund the customer.
-- resolves: the order arrives
-- reads: current_finding (one row per finding of the newest reconciliation), payment (one row per
--   payment)
-- writes: one row per reference and gateway
-- params: as_of
WITH findings AS (
    SELECT
        f.*,
        coalesce(
            f.line_order_ref, f.line_gateway_ref, 'file:' || f.file_name || ':' || f.file_line
        ) AS subject
    FROM current_finding(:as_of) AS f
    WHERE
        f.code = 'SETTLED_NO_ORDER'
        AND NOT EXISTS (
            SELECT 1 FROM payment AS p
            WHERE
                p.payment_ref = f.line_order_ref
                AND p.gateway = f.gateway
                AND p.kind = f.evidence ->> 'kind'
                AND coalesce(p.first_reconciled_on, 'infinity') > f.business_date
        )
        AND NOT EXISTS (
            SELECT 1 FROM payment AS p
            WHERE
                p.gateway_ref = f.line_gateway_ref
                AND p.gateway = f.gateway
                AND p.kind = f.evidence ->> 'kind'
                AND coalesce(p.first_reconciled_on, 'infinity') > f.business_date
        )
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
        'payment:' || min(f.line_order_ref),
        'gateway_ref:' || min(f.line_gateway_ref),
        'doc:ORDER_SPOOL'
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
