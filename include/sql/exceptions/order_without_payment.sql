-- purpose: An order with lines and not one payment, not even a declined one.
-- severity: medium
-- grace: 0
-- remedy: Ask the storefront how the order was paid. Nothing is sent until then.
-- resolves: a payment arrives
-- reads: order_balance (one row per order)
-- writes: one row per order
-- params: as_of
SELECT
    b.order_ref AS subject,
    b.storefront AS partner_id,
    b.total_minor AS amount_minor,
    b.currency,
    b.ordered_at AS since,
    ARRAY['order:' || b.order_ref, 'partner:' || b.storefront] AS keys,
    jsonb_build_object('total_minor', b.total_minor, 'lines', b.lines) AS evidence
FROM order_balance AS b
WHERE b.lines > 0 AND b.payments = 0 AND b.ordered_at <= :as_of
