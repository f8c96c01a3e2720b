-- purpose: a purchase is confirmed once all that was ordered is with the customer. Services may wait long
--   for their activation: orders of those are left out first, all at a time, before each of the
--   others is looked at.
-- reads: sales_order (order), order_line (line), service (line), product, order_fulfilment (order)
-- writes: purchase (FULFIL_SENT to CONFIRMED)
-- params: as_of
WITH
sent AS MATERIALIZED (
    SELECT
        w.purchase_id,
        o.sales_order_id
    FROM purchase AS w
    INNER JOIN sales_order AS o ON w.entry_id = o.entry_id
    WHERE
        w.status = 'FULFIL_SENT'
        AND NOT EXISTS (
            SELECT FROM order_line AS l
            INNER JOIN service AS v ON l.order_line_id = v.order_line_id
            INNER JOIN product AS d ON l.sku = d.sku
            WHERE
                l.sales_order_id = o.sales_order_id
                AND v.status <> 'ACTIVE'
                AND (v.needs_end_user OR d.accounts = '{}')
        )
)

UPDATE purchase AS p SET
    status = 'CONFIRMED',
    status_at = :as_of,
    status_reason = NULL
FROM sent AS s
INNER JOIN order_fulfilment AS f ON s.sales_order_id = f.sales_order_id
WHERE p.purchase_id = s.purchase_id AND f.is_delivered
