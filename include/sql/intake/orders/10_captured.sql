-- purpose: an order is accepted once any of its tenders is captured.
-- reads: sales_order (order), payment (tender)
-- writes: sales_order (order)
-- params: as_of
UPDATE sales_order AS o SET
    status = 'ACCEPTED',
    status_at = p.captured_at,
    status_reason = 'payment captured'
FROM (
    SELECT
        t.sales_order_id,
        min(t.captured_at) AS captured_at
    FROM payment AS t
    INNER JOIN sales_order AS s ON t.sales_order_id = s.sales_order_id
    WHERE s.status = 'PENDING_CARD' AND t.state = 'CAPTURED' AND t.captured_at <= :as_of
    GROUP BY t.sales_order_id
) AS p
WHERE o.sales_order_id = p.sales_order_id
