-- purpose: keep which effect opens which account of an order.
-- reads: planned_account (one row per account)
-- writes: order_account
-- params: none
INSERT INTO order_account (sales_order_id, account, effect_id)
SELECT
    p.sales_order_id,
    p.account,
    p.effect_id
FROM planned_account AS p
ORDER BY p.effect_id
