-- purpose: what is sold must be an active product of ours.
-- reads: candidate (row), product (product)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'sku-known' AS rule,
    'sku' AS field,
    c.sku AS value,
    'No active product has this number.' AS reason,
    'Add the product, and the row loads with the next run; or correct the row.' AS remedy
FROM candidate AS c
LEFT JOIN product AS p ON c.sku = p.sku AND p.active
WHERE c.line_no > 0 AND c.sku <> '' AND p.sku IS NULL
