-- purpose: a super-store pays the shipping price list: another price, or a product that the list does not
--   have at the time of capture, is looked at. What the customer was told is never changed here.
-- reads: candidate (row), super_store (customer), list_price (price)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'price-list' AS rule,
    'unit_price_minor' AS field,
    c.unit_price_minor::text AS value,
    CASE
        WHEN p.unit_price_minor IS NULL
            THEN 'The shipping price list has no price of this product in ' || c.currency || '.'
        ELSE 'The shipping price list says ' || p.unit_price_minor || '.'
    END AS reason,
    'Correct the price list, and the row loads with the next run; or correct the row.' AS remedy
FROM candidate AS c
INNER JOIN super_store AS s ON c.storefront = s.storefront AND c.customer_ref = s.customer_ref
LEFT JOIN
    LATERAL (
        SELECT l.unit_price_minor
        FROM list_price AS l
        WHERE
            l.price_list = 'SHIPPING'
            AND l.sku = c.sku
            AND l.currency = c.currency
            AND l.valid_from <= c.captured_at
        ORDER BY l.valid_from DESC
        LIMIT 1
    ) AS p
    ON TRUE
WHERE c.line_no > 0 AND c.sku <> '' AND c.unit_price_minor IS DISTINCT FROM p.unit_price_minor
