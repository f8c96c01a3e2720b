-- purpose: every address of a customer once.
-- reads: ready (entry), customer (customer)
-- writes: address (address)
-- params: none
INSERT INTO address (
    customer_id, address_hash, name, street, city, region, postcode, country
)
SELECT DISTINCT ON (c.customer_id, r.address_hash)
    c.customer_id,
    r.address_hash,
    r.ship_name,
    r.ship_street,
    r.ship_city,
    r.ship_region,
    r.ship_postcode,
    r.ship_country
FROM ready AS r
INNER JOIN customer AS c ON r.storefront = c.storefront AND r.customer_ref = c.customer_ref
ORDER BY c.customer_id, r.address_hash
ON CONFLICT (customer_id, address_hash) DO NOTHING
