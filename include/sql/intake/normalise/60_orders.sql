-- purpose: one order per entry, in the order of capture. The basket's hash tells the same wish again;
--   orders without lines are never the same.
-- reads: ready (entry), ready_line (row), customer (customer), address (address),
--   super_store (customer)
-- writes: sales_order (order)
-- params: none
INSERT INTO sales_order (
    order_ref, entry_id, storefront, customer_id, address_id, ordered_at, promised_on, currency,
    total_minor, basket_hash, price_list, brand, referral, ship_complete, status_at
)
WITH baskets AS (
    SELECT
        l.entry_id,
        coalesce(sum(l.line_total_minor), 0) AS total_minor,
        md5(coalesce(
            string_agg(l.sku || ' x ' || l.quantity, ', ' ORDER BY l.sku, l.quantity),
            l.entry_id::text
        )) AS basket_hash
    FROM ready_line AS l
    GROUP BY l.entry_id
)

SELECT
    r.order_ref,
    r.entry_id,
    r.storefront,
    c.customer_id,
    a.address_id,
    r.ordered_at,
    r.promised_on,
    r.currency,
    b.total_minor,
    b.basket_hash,
    CASE WHEN s.customer_ref IS NULL THEN 'RETAIL' ELSE 'SHIPPING' END AS price_list,
    r.brand,
    r.referral,
    coalesce(r.ship_complete, FALSE) AS ship_complete,
    r.ordered_at AS status_at
FROM ready AS r
INNER JOIN baskets AS b ON r.entry_id = b.entry_id
INNER JOIN customer AS c ON r.storefront = c.storefront AND r.customer_ref = c.customer_ref
INNER JOIN address AS a ON c.customer_id = a.customer_id AND r.address_hash = a.address_hash
LEFT JOIN super_store AS s ON r.storefront = s.storefront AND r.customer_ref = s.customer_ref
ORDER BY r.ordered_at, r.entry_id
