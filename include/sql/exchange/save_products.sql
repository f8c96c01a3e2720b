-- purpose: write products; what a known SKU had is replaced. An empty vendor is none.
-- reads: new_product (one row per SKU)
-- writes: product
-- params: none
INSERT INTO product AS p (sku, description, vendor_id, kind, accounts)
SELECT
    n.sku,
    n.description,
    nullif(n.vendor_id, '') AS vendor_id,
    n.kind,
    string_to_array(n.accounts, ',') AS accounts
FROM new_product AS n
ORDER BY n.sku
ON CONFLICT (sku) DO UPDATE SET
    description = excluded.description,
    vendor_id = excluded.vendor_id,
    kind = excluded.kind,
    accounts = excluded.accounts
WHERE
(p.description, p.vendor_id, p.kind, p.accounts)
IS DISTINCT FROM (excluded.description, excluded.vendor_id, excluded.kind, excluded.accounts)
