-- purpose: An order that repeats another one: same customer, basket and total within ten minutes. Both
--   are kept; a person asks the customer.
-- severity: medium
-- grace: 0
-- remedy: Ask the customer whether both orders are meant. If not, cancel this one and refund it.
-- resolves: a person decides
-- reads: sales_order (one row per order)
-- writes: one row per repeated order, the later of the two
-- params: as_of
WITH neighbours AS (
    SELECT
        o.order_ref,
        o.storefront,
        o.total_minor,
        o.currency,
        o.ordered_at,
        lag(o.order_ref) OVER same_basket AS earlier_ref,
        lag(o.ordered_at) OVER same_basket AS earlier_at
    FROM sales_order AS o
    WHERE o.total_minor > 0 AND o.ordered_at <= :as_of
    WINDOW same_basket AS (
        PARTITION BY o.customer_id, o.basket_hash, o.currency, o.total_minor
        ORDER BY o.ordered_at, o.sales_order_id
    )
)

SELECT
    n.order_ref AS subject,
    n.storefront AS partner_id,
    n.total_minor AS amount_minor,
    n.currency,
    n.ordered_at AS since,
    ARRAY['order:' || n.order_ref, 'order:' || n.earlier_ref, 'partner:' || n.storefront] AS keys,
    jsonb_build_object('earlier_order', n.earlier_ref, 'earlier_at', n.earlier_at) AS evidence
FROM neighbours AS n
WHERE n.ordered_at - n.earlier_at <= interval '10 minutes'
