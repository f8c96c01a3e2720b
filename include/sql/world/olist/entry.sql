-- purpose: order entry as a storefront would have captured the real orders.
-- reads: orders.csv, customers.csv of Olist, line, tender
-- writes: entry (one row per item; an order without items is one row with line_no 0)
CREATE TABLE entry AS
WITH
paid AS (
    SELECT
        t.order_id,
        to_json(list({
            'seq': t.seq,
            'payment_ref': t.payment_ref,
            'method': t.method,
            'gateway': t.gateway,
            'account': 'olist-' || t.gateway,
            'gateway_ref': t.gateway_ref,
            'amount_minor': t.amount_minor,
            'captured_at': strftime(t.captured_at, '%Y-%m-%dT%H:%M:%S+00:00'),
            'state': 'CAPTURED'
        } ORDER BY t.seq)) AS payments
    FROM tender AS t
    GROUP BY t.order_id
),

summed AS (
    SELECT
        l.order_id,
        sum(l.price_minor + l.freight_minor) AS total_minor,
        max(l.ship_by) AS ship_by
    FROM line AS l
    GROUP BY l.order_id
)

SELECT
    o.order_id AS entry_id,
    coalesce(l.line_no, 0) AS line_no,
    'olist' AS storefront,
    o.order_purchase_timestamp AS captured_at,
    o.order_id AS order_ref,
    c.customer_unique_id AS customer_ref,
    c.customer_city AS ship_city,
    c.customer_state AS ship_region,
    c.customer_zip_code_prefix AS ship_postcode,
    'BR' AS ship_country,
    'BRL' AS currency,
    l.sku,
    l.description,
    CASE WHEN l.line_no IS NOT NULL THEN 1 END AS quantity,
    l.price_minor AS unit_price_minor,
    l.freight_minor,
    l.price_minor + l.freight_minor AS line_total_minor,
    CAST(coalesce(s.total_minor, 0) AS BIGINT) AS order_total_minor,
    coalesce(s.ship_by, CAST(o.order_estimated_delivery_date AS DATE)) AS promised_on,
    coalesce(CAST(p.payments AS VARCHAR), '[]') AS payments,
    o.order_purchase_timestamp AS status_at
FROM orders AS o
INNER JOIN customers AS c ON o.customer_id = c.customer_id
LEFT JOIN line AS l ON o.order_id = l.order_id
LEFT JOIN summed AS s ON o.order_id = s.order_id
LEFT JOIN paid AS p ON o.order_id = p.order_id
