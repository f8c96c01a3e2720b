-- purpose: say which articles we keep, and how; what a known one had is replaced, its stock stays.
-- reads: new_item (one row per SKU)
-- writes: stock_item
-- params: none
INSERT INTO stock_item AS i (sku, shortage, release_on, expected_on)
SELECT
    n.sku,
    n.shortage,
    n.release_on,
    n.expected_on
FROM new_item AS n
ORDER BY n.sku
ON CONFLICT (sku) DO UPDATE SET
    shortage = excluded.shortage,
    release_on = excluded.release_on,
    expected_on = excluded.expected_on
WHERE
(i.shortage, i.release_on, i.expected_on)
IS DISTINCT FROM (excluded.shortage, excluded.release_on, excluded.expected_on)
