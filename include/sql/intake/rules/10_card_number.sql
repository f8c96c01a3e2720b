-- purpose: no card number may stand in an order entry; the row waits until a person has looked at it.
-- reads: candidate (row), quarantine (place)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'card-number' AS rule,
    'text' AS field,
    NULL AS value,
    'A card number stands in the text of the row; it has been masked.' AS reason,
    'Stop the till from writing card numbers; then send the masked row on as corrected.' AS remedy
FROM candidate AS c
LEFT JOIN quarantine AS q ON c.entry_row_id = q.entry_row_id AND q.status = 'OPEN'
CROSS JOIN
    LATERAL (
        SELECT free_text_of(e) AS content
        FROM order_entry AS e
        WHERE e.entry_row_id = c.entry_row_id
    ) AS t
WHERE q.rule = 'card-number' OR mask_card_numbers(t.content) <> t.content
