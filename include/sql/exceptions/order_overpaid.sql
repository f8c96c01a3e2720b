-- purpose: Captured payments that are more than one minor unit above the order's total.
-- severity: medium
-- grace: 0
-- remedy: Refund what was taken too much, or find the line that the order lacks.
-- resolves: a refund or a line makes them equal
-- reads: order_balance (one row per order)
-- writes: one row per order
-- params: as_of
SELECT
    b.order_ref AS subject,
    b.storefront AS partner_id,
    b.difference_minor AS amount_minor,
    b.currency,
    b.ordered_at AS since,
    ARRAY['order:' || b.order_ref, 'partner:' || b.storefront] AS keys,
    jsonb_build_object(
        'total_minor', b.total_minor, 'captured_minor', b.captured_minor, 'payments', b.payments
    ) AS evidence
FROM order_balance AS b
WHERE b.lines > 0 AND b.difference_minor > 1 AND b.ordered_at <= :as_of
