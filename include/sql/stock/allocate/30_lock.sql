-- purpose: take the only turn at the articles that somebody wants, in the order of their SKUs.
-- reads: stock_item (one row per SKU), due_line (one row per new line), line_part (waiting parts)
-- writes: nothing; locks the rows until the transaction ends
-- params: none
SELECT i.sku
FROM stock_item AS i
WHERE
    i.sku IN (SELECT d.sku FROM due_line AS d)
    OR EXISTS (
        SELECT FROM line_part AS p
        WHERE p.sku = i.sku AND p.status IN ('PENDING', 'PREORDER')
    )
ORDER BY i.sku
FOR UPDATE
