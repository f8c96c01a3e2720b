-- purpose: one sells at least one piece, and not for less than nothing.
-- reads: candidate (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'positive' AS rule,
    wrong.field,
    wrong.value,
    'The quantity must be at least 1, price and freight at least 0.' AS reason,
    'Correct the row; what is given back is a refund and no order line.' AS remedy
FROM candidate AS c
CROSS JOIN
    LATERAL (
        SELECT
            f.field,
            f.value
        FROM (
            VALUES
            (1, 'quantity', c.quantity::text, c.quantity < 1),
            (2, 'unit_price_minor', c.unit_price_minor::text, c.unit_price_minor < 0),
            (3, 'freight_minor', c.freight_minor::text, c.freight_minor < 0)
        ) AS f (place, field, value, is_wrong)
        WHERE f.is_wrong
        ORDER BY f.place
        LIMIT 1
    ) AS wrong
WHERE c.line_no > 0
