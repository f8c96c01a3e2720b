-- purpose: what all rows of an entry repeat must be the same on each; compared with the entry's head.
-- reads: candidate (row)
-- writes: finding (row that differs from its entry's head)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'same-in-entry' AS rule,
    different.field,
    different.value,
    'Line '
    || h.line_no
    || ' of the entry says '
    || coalesce(different.head_value, 'nothing')
    || '.'
        AS reason,
    'Correct the row that is wrong; all rows of an entry repeat their order''s head.' AS remedy
FROM candidate AS c
INNER JOIN candidate AS h ON c.entry_id = h.entry_id AND h.is_head
CROSS JOIN
    LATERAL (
        SELECT
            f.field,
            f.value,
            f.head_value
        FROM (
            VALUES
            ('storefront', c.storefront, h.storefront),
            ('order_ref', c.order_ref, h.order_ref),
            ('customer_ref', c.customer_ref, h.customer_ref),
            ('currency', c.currency, h.currency),
            ('order_total_minor', c.order_total_minor::text, h.order_total_minor::text),
            ('promised_on', c.promised_on::text, h.promised_on::text),
            ('ship_complete', c.ship_complete::text, h.ship_complete::text),
            ('payments', c.payments::text, h.payments::text)
        ) AS f (field, value, head_value)
        WHERE f.value IS DISTINCT FROM f.head_value
        LIMIT 1
    ) AS different
WHERE NOT c.is_head AND c.first_row_id IS NULL
