-- purpose: forget what bundles are made of, before it is written anew.
-- reads: new_part (one row per part of a bundle)
-- writes: product_part
-- params: none
DELETE FROM product_part AS p
WHERE p.bundle_sku IN (SELECT n.bundle_sku FROM new_part AS n)
