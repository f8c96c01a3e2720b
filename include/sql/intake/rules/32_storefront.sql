-- purpose: the storefront must be a partner of ours.
-- reads: candidate (row), partner (partner)
-- writes: finding (head row of an entry)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'storefront-known' AS rule,
    'storefront' AS field,
    c.storefront AS value,
    'No partner of kind STOREFRONT has this name.' AS reason,
    'Add the storefront to the partners, or correct the row.' AS remedy
FROM candidate AS c
LEFT JOIN partner AS p ON c.storefront = p.partner_id AND p.kind = 'STOREFRONT'
WHERE c.is_head AND c.storefront IS NOT NULL AND p.partner_id IS NULL
