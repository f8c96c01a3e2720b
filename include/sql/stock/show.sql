-- purpose: what is there of an article, or what became of the lines of an order.
-- reads: stock_item, sales_order, order_line_stock (one row each)
-- writes: nothing; returns one row per article or line
-- params: what (a SKU or an order's reference)
SELECT
    0 AS line_no,
    jsonb_build_object(
        'sku', i.sku, 'on_hand', i.on_hand, 'allocated', i.allocated,
        'free', i.on_hand - i.allocated,
        'preordered', (
            SELECT coalesce(sum(p.quantity), 0) FROM line_part AS p
            WHERE p.sku = i.sku AND p.status = 'PREORDER'
        ),
        'shortage', i.shortage, 'release_on', i.release_on, 'expected_on', i.expected_on
    ) AS said
FROM stock_item AS i
WHERE i.sku = :what
UNION ALL
SELECT
    l.line_no,
    to_jsonb(l) - ARRAY['order_line_id', 'sales_order_id'] AS said
FROM sales_order AS o
INNER JOIN order_line_stock AS l ON o.sales_order_id = l.sales_order_id
WHERE o.order_ref = :what
ORDER BY line_no
