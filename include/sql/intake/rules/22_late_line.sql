-- purpose: an order is taken in with all its lines; a further line of an entry that is an order already.
-- reads: candidate (row), sales_order (order)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'late-line' AS rule,
    'line_no' AS field,
    c.line_no::text AS value,
    'The entry is order ' || o.order_ref || ' already, without this line.' AS reason,
    'Capture what is to be added as an entry of its own; discard this row.' AS remedy
FROM candidate AS c
INNER JOIN sales_order AS o ON c.entry_id = o.entry_id
WHERE c.first_row_id IS NULL
