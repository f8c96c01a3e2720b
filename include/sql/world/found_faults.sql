-- purpose: what the product has of the real orders, and what it says is wrong with them.
-- reads: sales_order, order_line, payment (one row per order, line, payment), exception_case
WITH
basket AS (
    SELECT
        l.sales_order_id,
        count(DISTINCT l.vendor_id) AS vendors
    FROM order_line AS l
    GROUP BY l.sales_order_id
),

paid AS (
    SELECT
        p.sales_order_id,
        count(*) AS tenders
    FROM payment AS p
    GROUP BY p.sales_order_id
),

found AS (
    SELECT
        c.code,
        count(DISTINCT c.subject) AS subjects
    FROM exception_case AS c
    GROUP BY c.code
)

SELECT
    (SELECT count(*) FROM sales_order) AS orders,
    (SELECT count(*) FROM order_line) AS lines,
    (SELECT count(*) FROM payment) AS payments,
    (
        SELECT coalesce(sum(f.subjects), 0) FROM found AS f
        WHERE f.code = 'ORDER_WITHOUT_LINES'
    ) AS without_lines,
    (
        SELECT coalesce(sum(f.subjects), 0) FROM found AS f
        WHERE f.code = 'ORDER_WITHOUT_PAYMENT'
    ) AS without_payment,
    (
        SELECT coalesce(sum(f.subjects), 0) FROM found AS f
        WHERE f.code IN ('ORDER_UNDERPAID', 'ORDER_OVERPAID')
    ) AS paid_otherwise,
    (
        SELECT count(*) FROM paid AS p
        WHERE p.tenders > 1
    ) AS split_tender,
    (
        SELECT count(*) FROM basket AS b
        WHERE b.vendors > 1
    ) AS multi_vendor,
    (
        SELECT coalesce(sum(f.subjects), 0) FROM found AS f
        WHERE f.code = 'DELIVERED_BEFORE_SHIPPED'
    ) AS delivered_before_shipped
