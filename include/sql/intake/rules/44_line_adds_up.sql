-- purpose: a line's total is its quantity times its price, and its freight.
-- reads: candidate (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'line-adds-up' AS rule,
    'line_total_minor' AS field,
    c.line_total_minor::text AS value,
    'The line adds up to ' || (c.quantity::numeric * c.unit_price_minor + c.freight_minor)
    || ' and not to its total.' AS reason,
    'Correct the quantity, the price, the freight or the total.' AS remedy
FROM candidate AS c
WHERE
    c.line_no > 0
    AND c.line_total_minor <> c.quantity::numeric * c.unit_price_minor + c.freight_minor
