-- purpose: one order reference belongs to one entry: to the one that is an order, else to the first.
-- reads: candidate (row), order_entry (row)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT DISTINCT ON (c.entry_row_id)
    c.entry_row_id,
    c.entry_id,
    'order-ref-free' AS rule,
    'order_ref' AS field,
    c.order_ref AS value,
    'Entry ' || o.entry_id || ' has this order reference.' AS reason,
    'Give the order a reference of its own, or discard the row.' AS remedy
FROM candidate AS c
INNER JOIN order_entry AS o ON c.order_ref = o.order_ref AND c.entry_id <> o.entry_id
LEFT JOIN quarantine AS q ON o.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
WHERE
    c.is_head
    AND c.order_ref <> ''
    AND o.status <> 'DUPLICATE'
    AND q.quarantine_id IS NULL
    AND (o.status = 'NORMALISED' OR o.entry_row_id < c.first_of_entry)
ORDER BY c.entry_row_id, o.entry_row_id
