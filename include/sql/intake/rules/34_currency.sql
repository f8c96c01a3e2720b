-- purpose: the currency must be one of ISO 4217.
-- reads: candidate (row)
-- writes: finding (head row of an entry)
-- params: currencies (text array)
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'currency-known' AS rule,
    'currency' AS field,
    c.currency AS value,
    'This is no currency of ISO 4217.' AS reason,
    'Write its three capital letters, such as EUR.' AS remedy
FROM candidate AS c
WHERE c.is_head AND c.currency <> '' AND c.currency <> ALL(cast(:currencies AS text[]))
