-- purpose: one payment reference belongs to one order: to the one that has it, else to the first entry.
-- reads: candidate (row), payment (payment), sales_order (order)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
WITH
tenders AS (
    SELECT
        c.entry_row_id,
        c.entry_id,
        t.tender ->> 'payment_ref' AS payment_ref,
        c.first_of_entry,
        min(c.first_of_entry) OVER (PARTITION BY t.tender ->> 'payment_ref') AS first_with_ref
    FROM candidate AS c
    CROSS JOIN
        LATERAL jsonb_array_elements(
            CASE WHEN jsonb_typeof(c.payments) = 'array' THEN c.payments ELSE '[]' END
        ) AS t (tender)
    WHERE c.is_head
)

SELECT DISTINCT ON (t.entry_row_id)
    t.entry_row_id,
    t.entry_id,
    'payment-ref-free' AS rule,
    'payments' AS field,
    t.payment_ref AS value,
    'Another order has a payment of this reference.' AS reason,
    'Give each payment a reference of its own, or discard the row.' AS remedy
FROM tenders AS t
LEFT JOIN payment AS p ON t.payment_ref = p.payment_ref
LEFT JOIN sales_order AS o ON p.sales_order_id = o.sales_order_id
WHERE t.first_with_ref <> t.first_of_entry OR o.entry_id <> t.entry_id
ORDER BY t.entry_row_id, t.payment_ref
