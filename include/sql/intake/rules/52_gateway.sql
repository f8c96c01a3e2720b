-- purpose: a tender's gateway, if it names one, must be a partner of ours.
-- reads: candidate (row), partner (partner)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'gateway-known' AS rule,
    'payments[' || t.place - 1 || '].gateway' AS field,
    t.tender ->> 'gateway' AS value,
    'No partner of kind GATEWAY has this name.' AS reason,
    'Add the gateway to the partners, or correct the row.' AS remedy
FROM candidate AS c
CROSS JOIN
    LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(c.payments) = 'array' THEN c.payments ELSE '[]' END
    ) WITH ORDINALITY AS t (tender, place)
LEFT JOIN partner AS p ON t.tender ->> 'gateway' = p.partner_id AND p.kind = 'GATEWAY'
WHERE c.is_head AND t.tender ->> 'gateway' IS NOT NULL AND p.partner_id IS NULL
