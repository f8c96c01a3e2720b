-- purpose: write products; what a known SKU had is replaced.
-- reads: new_product (one row per SKU)
-- writes: product
-- params: none
INSERT INTO product AS p (sku, description, vendor_id)
SELECT
    n.sku,
    n.description,
    n.vendor_id
FROM new_product AS n
ORDER BY n.sku
ON CONFLICT (sku) DO UPDATE SET
    description = excluded.description,
    vendor_id = excluded.vendor_id
WHERE (p.description, p.vendor_id) IS DISTINCT FROM (excluded.description, excluded.vendor_id)
