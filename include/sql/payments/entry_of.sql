-- purpose: whose an entry is, and what it says of one of its tenders.
-- reads: order_entry (rows of the entry)
-- writes: nothing; one row per distinct saying, none for an entry that is still in a spool
-- params: entry_id, payment_ref
SELECT DISTINCT
    e.storefront,
    e.customer_ref,
    e.order_ref,
    e.currency,
    t.amount_minor
FROM order_entry AS e
LEFT JOIN LATERAL (
    SELECT p.tender ->> 'amount_minor' AS amount_minor
    FROM
        jsonb_array_elements(
            CASE WHEN jsonb_typeof(e.payments) = 'array' THEN e.payments ELSE '[]' END
        ) AS p (tender)
    WHERE p.tender ->> 'payment_ref' = :payment_ref
    LIMIT 1
) AS t ON true
WHERE e.entry_id = cast(:entry_id AS uuid)
