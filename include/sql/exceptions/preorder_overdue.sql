-- purpose: A pre-order that waits past the day on which its article was to come, or for 14 days where no day
--   is known.
-- severity: medium
-- grace: 0
-- remedy: Ask purchasing when the article comes and set the day with `tieout stock items`; tell the customer, or
--   cancel the line (`tieout stock cancel`) and refund it.
-- resolves: the pieces are allocated or cancelled, or a later day is set
-- reads: line_part (one row per part, PREORDER), order_line, sales_order, stock_item (one row each)
-- writes: one row per order line
-- params: as_of
WITH waiting AS (
    SELECT
        p.order_line_id,
        p.sku,
        p.quantity,
        p.paid_at,
        i.expected_on,
        i.release_on,
        coalesce(
            (greatest(i.expected_on, i.release_on) + 1)::timestamp AT TIME ZONE 'UTC',
            p.paid_at + interval '14 days'
        ) AS due_at
    FROM line_part AS p
    INNER JOIN stock_item AS i ON p.sku = i.sku
    WHERE p.status = 'PREORDER'
)

SELECT
    o.order_ref || '/' || l.line_no AS subject,
    o.storefront AS partner_id,
    (w.quantity * l.unit_price_minor)::bigint AS amount_minor,
    o.currency,
    w.due_at AS since,
    ARRAY['order:' || o.order_ref, 'sku:' || w.sku] AS keys,
    jsonb_build_object(
        'sku', w.sku, 'pieces', w.quantity, 'paid_at', w.paid_at, 'due_at', w.due_at,
        'expected_on', w.expected_on, 'release_on', w.release_on
    ) AS evidence
FROM waiting AS w
INNER JOIN order_line AS l ON w.order_line_id = l.order_line_id
INNER JOIN sales_order AS o ON l.sales_order_id = o.sales_order_id
WHERE w.due_at <= :as_of
