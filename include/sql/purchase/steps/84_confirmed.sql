-- purpose: a purchase is confirmed once all that was ordered is with the customer.
-- reads: sales_order (order), order_fulfilment (order)
-- writes: purchase (FULFIL_SENT to CONFIRMED)
-- params: as_of
UPDATE purchase AS p SET
    status = 'CONFIRMED',
    status_at = :as_of,
    status_reason = NULL
FROM purchase AS w
INNER JOIN sales_order AS o ON w.entry_id = o.entry_id
INNER JOIN order_fulfilment AS f ON o.sales_order_id = f.sales_order_id
WHERE p.purchase_id = w.purchase_id AND w.status = 'FULFIL_SENT' AND f.is_delivered
