-- purpose: the tenders of purchases, as their entries say; an entry whose tenders cannot be read stands
--   in quarantine, and is read again.
-- reads: purchase (one row each), order_entry (row), payment_gateway
-- writes: purchase_tender (tender)
-- params: none
INSERT INTO purchase_tender (payment_ref, purchase_id, gateway, currency, amount_minor)
SELECT DISTINCT ON (t.tender ->> 'payment_ref')
    t.tender ->> 'payment_ref' AS payment_ref,
    p.purchase_id,
    g.gateway,
    e.currency,
    (t.tender ->> 'amount_minor')::bigint AS amount_minor
FROM purchase AS p
INNER JOIN order_entry AS e ON p.entry_id = e.entry_id
CROSS JOIN
    LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(e.payments) = 'array' THEN e.payments ELSE '[]' END
    ) AS t (tender)
INNER JOIN payment_gateway AS g ON g.gateway = t.tender ->> 'gateway'
WHERE
    p.status IN ('CAPTURED', 'PAY_UNKNOWN', 'MANUAL')
    AND NOT EXISTS (
        SELECT FROM purchase_tender AS k
        WHERE k.purchase_id = p.purchase_id
    )
    AND t.tender ->> 'state' = 'PENDING'
    AND t.tender ->> 'payment_ref' ~ '^[A-Za-z0-9_.-]{1,40}$'
    AND t.tender ->> 'amount_minor' ~ '^[1-9][0-9]{0,17}$'
    AND length(e.currency) = 3
ORDER BY t.tender ->> 'payment_ref', p.purchase_id, e.entry_row_id
ON CONFLICT (payment_ref) DO NOTHING
