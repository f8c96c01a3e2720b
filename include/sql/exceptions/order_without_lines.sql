-- purpose: An order without a single line: money perhaps, but nothing to send.
-- severity: medium
-- grace: 0
-- remedy: Ask the storefront for the order's lines, or refund what was captured.
-- resolves: lines arrive
-- reads: order_balance (one row per order)
-- writes: one row per order
-- params: as_of
SELECT
    b.order_ref AS subject,
    b.storefront AS partner_id,
    b.captured_minor AS amount_minor,
    b.currency,
    b.ordered_at AS since,
    ARRAY['order:' || b.order_ref, 'partner:' || b.storefront] AS keys,
    jsonb_build_object('captured_minor', b.captured_minor, 'payments', b.payments) AS evidence
FROM order_balance AS b
WHERE b.lines = 0 AND b.ordered_at <= :as_of
