-- purpose: accounts that the server did not open, or gave no answer about.
-- reads: order_account, effect, sales_order (one row each)
-- writes: nothing
-- params: none
SELECT
    o.order_ref,
    a.account,
    e.status_reason AS reason
FROM effect AS e
INNER JOIN order_account AS a ON e.effect_id = a.effect_id
INNER JOIN sales_order AS o ON a.sales_order_id = o.sales_order_id
WHERE e.kind = 'HTTP' AND e.status IN ('REFUSED', 'UNKNOWN')
ORDER BY e.effect_id
