-- purpose: what each vendor does for the purchase orders that it has just read.
-- reads: purchased (one row per line of a purchase order), orders.csv of Olist
-- writes: job (one row per line, with when the real order went to the carrier and to the customer)
INSERT INTO job
SELECT
    p.vendor_id,
    p.control_no,
    p.vendor_order_no,
    p.order_ref,
    p.order_line_no,
    p.sku,
    p.quantity,
    'OL' || upper(left(md5(p.vendor_order_no), 11)) AS tracking_no,
    o.order_delivered_carrier_date AS shipped_at,
    o.order_delivered_customer_date AS delivered_at,
    FALSE AS is_answered,
    FALSE AS is_shipped
FROM purchased AS p
INNER JOIN orders AS o ON p.order_ref = o.order_id
