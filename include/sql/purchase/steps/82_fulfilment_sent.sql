-- purpose: the fulfilment of an order is sent once vendors and warehouse know all of its goods, and its
--   accounts are asked for.
-- reads: sales_order (order), order_fulfilment (order)
-- writes: purchase (ORDERED to FULFIL_SENT)
-- params: as_of
UPDATE purchase AS p SET
    status = 'FULFIL_SENT',
    status_at = :as_of,
    status_reason = NULL
FROM purchase AS w
INNER JOIN sales_order AS o ON w.entry_id = o.entry_id
INNER JOIN order_fulfilment AS f ON o.sales_order_id = f.sales_order_id
WHERE p.purchase_id = w.purchase_id AND w.status = 'ORDERED' AND f.is_sent
