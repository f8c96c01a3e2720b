-- purpose: how many of what can be wrong the real orders have.
-- reads: orders.csv of Olist, line, tender
WITH
basket AS (
    SELECT
        l.order_id,
        sum(l.price_minor + l.freight_minor) AS total_minor,
        count(DISTINCT l.vendor_id) AS vendors,
        count(*) AS lines
    FROM line AS l
    GROUP BY l.order_id
),

paid AS (
    SELECT
        t.order_id,
        sum(t.amount_minor) AS paid_minor,
        count(*) AS tenders
    FROM tender AS t
    GROUP BY t.order_id
)

SELECT
    count(*) AS orders,
    coalesce(sum(b.lines), 0) AS lines,
    coalesce(sum(p.tenders), 0) AS payments,
    count(*) FILTER (WHERE b.order_id IS NULL) AS without_lines,
    count(*) FILTER (WHERE p.order_id IS NULL) AS without_payment,
    count(*) FILTER (WHERE abs(b.total_minor - p.paid_minor) > 1) AS paid_otherwise,
    count(*) FILTER (WHERE p.tenders > 1) AS split_tender,
    count(*) FILTER (WHERE b.vendors > 1) AS multi_vendor
FROM orders AS s
LEFT JOIN basket AS b ON s.order_id = b.order_id
LEFT JOIN paid AS p ON s.order_id = p.order_id
