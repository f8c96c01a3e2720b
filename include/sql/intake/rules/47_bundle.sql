-- purpose: a bundle must have parts that can be sold and among which its price can be shared out.
-- reads: candidate (row), product (product), product_part (part of a bundle)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'bundle-parts' AS rule,
    'sku' AS field,
    c.sku AS value,
    'The bundle has no parts, or one that is not sold, or none that has a price.' AS reason,
    'Give the bundle its parts, and the row loads with the next run; or correct the row.' AS remedy
FROM candidate AS c
INNER JOIN product AS b ON c.sku = b.sku AND b.active AND b.kind = 'BUNDLE'
LEFT JOIN product_part AS p ON b.sku = p.bundle_sku
LEFT JOIN product AS o ON p.part_sku = o.sku AND o.active AND o.kind <> 'BUNDLE'
WHERE c.line_no > 0
GROUP BY c.entry_row_id, c.entry_id, c.sku
HAVING count(*) > count(o.sku) OR coalesce(sum(p.quantity * p.weight_minor), 0) = 0
