-- purpose: a paid purchase is ordered once its entry is an order that is paid in full.
-- reads: sales_order (order)
-- writes: purchase (PAID to ORDERED)
-- params: as_of
UPDATE purchase AS p SET
    status = 'ORDERED',
    status_at = :as_of,
    status_reason = 'order ' || o.order_ref
FROM sales_order AS o
WHERE
    p.entry_id = o.entry_id
    AND p.status = 'PAID'
    AND o.status IN ('VERIFIED', 'READY_FOR_SHIPPING')
