-- purpose: an order is rejected when every tender of it is declined.
-- reads: sales_order (order), payment (tender)
-- writes: sales_order (order)
-- params: as_of
UPDATE sales_order AS o SET
    status = 'CARD_REJECTED',
    status_at = p.declined_at,
    status_reason = 'every tender declined'
FROM (
    SELECT
        t.sales_order_id,
        max(t.captured_at) AS declined_at
    FROM payment AS t
    INNER JOIN sales_order AS s ON t.sales_order_id = s.sales_order_id
    WHERE s.status = 'PENDING_CARD'
    GROUP BY t.sales_order_id
    HAVING bool_and(t.state = 'DECLINED' AND t.captured_at <= :as_of)
) AS p
WHERE o.sales_order_id = p.sales_order_id
