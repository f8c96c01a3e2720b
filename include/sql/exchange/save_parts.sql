-- purpose: write what bundles are made of.
-- reads: new_part (one row per part of a bundle)
-- writes: product_part
-- params: none
INSERT INTO product_part (bundle_sku, part_no, part_sku, quantity, weight_minor)
SELECT
    n.bundle_sku,
    n.part_no,
    n.part_sku,
    n.quantity,
    n.weight_minor
FROM new_part AS n
ORDER BY n.bundle_sku, n.part_no
