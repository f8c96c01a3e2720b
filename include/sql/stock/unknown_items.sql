-- purpose: articles that cannot be kept, because no goods of that number are sold.
-- reads: new_item (one row per SKU), product (one row per SKU)
-- writes: nothing; returns one row per SKU
-- params: none
SELECT n.sku
FROM new_item AS n
LEFT JOIN product AS p ON n.sku = p.sku AND p.vendor_id IS NOT NULL
WHERE p.sku IS NULL
ORDER BY n.sku
