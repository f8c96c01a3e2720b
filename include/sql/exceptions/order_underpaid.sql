-- purpose: Captured payments that are more than one minor unit below the order's total. Orders whose
--   card is not settled yet, or was declined, are left out: nothing was promised for them.
-- severity: medium
-- grace: 0
-- remedy: Collect the rest from the customer, or agree to the lower price and write the rest off.
-- resolves: the payments cover the order
-- reads: order_balance (one row per order), payment (one row per tender)
-- writes: one row per order
-- params: as_of
SELECT
    b.order_ref AS subject,
    b.storefront AS partner_id,
    -b.difference_minor AS amount_minor,
    b.currency,
    b.ordered_at AS since,
    ARRAY['order:' || b.order_ref, 'partner:' || b.storefront] AS keys,
    jsonb_build_object(
        'total_minor', b.total_minor, 'captured_minor', b.captured_minor, 'payments', b.payments
    ) AS evidence
FROM order_balance AS b
WHERE
    b.lines > 0
    AND b.captured_minor > 0
    AND b.difference_minor < -1
    AND b.ordered_at <= :as_of
    AND NOT EXISTS (
        SELECT 1 FROM payment AS p
        WHERE p.sales_order_id = b.sales_order_id AND p.state = 'PENDING'
    )
