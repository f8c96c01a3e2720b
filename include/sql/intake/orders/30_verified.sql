-- purpose: an order is verified when what was captured covers its total; one without lines has nothing
--   to send and stays accepted.
-- reads: sales_order (order), order_line (line), payment (tender)
-- writes: sales_order (order)
-- params: as_of
UPDATE sales_order AS o SET
    status = 'VERIFIED',
    status_at = :as_of,
    status_reason = 'paid in full'
FROM (
    SELECT s.sales_order_id
    FROM sales_order AS s
    INNER JOIN payment AS t ON s.sales_order_id = t.sales_order_id
    WHERE s.status = 'ACCEPTED' AND t.state = 'CAPTURED' AND t.captured_at <= :as_of
    GROUP BY s.sales_order_id
    HAVING sum(t.amount_minor) >= s.total_minor
) AS p
WHERE
    o.sales_order_id = p.sales_order_id
    AND o.sales_order_id IN (SELECT l.sales_order_id FROM order_line AS l)
