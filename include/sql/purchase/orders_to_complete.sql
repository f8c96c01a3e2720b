-- purpose: how many paid purchases intake can bring on now: their entries are not judged or not made
--   orders yet, or their orders do not know that they are paid. What stands in quarantine waits for a
--   person, and is judged again by take_in_orders.
-- reads: purchase (one row each), order_entry (row), sales_order (order)
-- writes: nothing; one row
-- params: none
SELECT count(*) AS waiting
FROM purchase AS p
LEFT JOIN sales_order AS o ON p.entry_id = o.entry_id
WHERE
    p.status = 'PAID'
    AND CASE
        WHEN o.sales_order_id IS NOT NULL THEN o.status = 'PENDING_CARD'
        ELSE EXISTS (
            SELECT FROM order_entry AS e
            WHERE e.entry_id = p.entry_id AND e.status IN ('RECEIVED', 'VALID')
        )
    END
