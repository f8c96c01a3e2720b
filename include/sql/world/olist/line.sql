-- purpose: the lines of the real orders; a seller is a vendor, and what it sells has a SKU of its own.
-- reads: items.csv, products.csv of Olist (one row per item, per product)
-- writes: line (one row per item)
CREATE TABLE line AS
SELECT
    i.order_id,
    i.order_item_id AS line_no,
    left(i.seller_id, 12) AS vendor_id,
    i.product_id || '-' || left(i.seller_id, 8) AS sku,
    coalesce(p.product_category_name, 'sem categoria') AS description,
    CAST(i.price * 100 AS BIGINT) AS price_minor,
    CAST(i.freight_value * 100 AS BIGINT) AS freight_minor,
    CAST(i.shipping_limit_date AS DATE) AS ship_by
FROM items AS i
LEFT JOIN products AS p ON i.product_id = p.product_id
