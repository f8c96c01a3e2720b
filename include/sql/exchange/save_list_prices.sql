-- purpose: write prices of the shipping price list; a known price of the same instant is replaced.
-- reads: new_list_price (one row per SKU and currency)
-- writes: list_price
-- params: valid_from
INSERT INTO list_price AS p (price_list, sku, currency, valid_from, unit_price_minor)
SELECT
    'SHIPPING' AS price_list,
    n.sku,
    n.currency,
    :valid_from,
    n.unit_price_minor
FROM new_list_price AS n
ORDER BY n.sku, n.currency
ON CONFLICT (price_list, sku, currency, valid_from) DO UPDATE SET
    unit_price_minor = excluded.unit_price_minor
