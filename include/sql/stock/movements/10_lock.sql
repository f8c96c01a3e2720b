-- purpose: take the only turn at the articles of the staged movements, in the order of their SKUs.
-- reads: staged (one row per movement), stock_item (one row per SKU)
-- writes: nothing; locks the rows until the transaction ends
-- params: none
SELECT i.sku
FROM stock_item AS i
WHERE i.sku IN (SELECT s.sku FROM staged AS s)
ORDER BY i.sku
FOR UPDATE
