-- purpose: What the purchase orders of some vendors say, for all orders that are to be written.
-- reads: vendor_order (one row per order and vendor, PLANNED), vendor_order_line (one row per line)
--   with its order, order line and address
-- writes: nothing; returns one row per vendor order line, those of one vendor together
-- params: vendor_ids (text[])
SELECT
    o.vendor_id,
    o.vendor_order_id,
    o.vendor_order_no,
    o.revision,
    s.order_ref,
    l.line_no AS order_line_no,
    l.sku,
    ol.description,
    l.quantity,
    ol.unit_price_minor AS unit_cost_minor,
    s.currency,
    s.ordered_at,
    o.ship_by,
    a.name AS ship_to_name,
    a.street AS ship_to_street,
    a.city AS ship_to_city,
    a.postcode AS ship_to_postcode,
    a.country AS ship_to_country
FROM vendor_order AS o
INNER JOIN vendor_order_line AS l ON o.vendor_order_id = l.vendor_order_id
INNER JOIN order_line AS ol ON l.order_line_id = ol.order_line_id
INNER JOIN sales_order AS s ON o.sales_order_id = s.sales_order_id
INNER JOIN address AS a ON s.address_id = a.address_id
WHERE o.status = 'PLANNED' AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
ORDER BY o.vendor_id, o.vendor_order_id, l.line_no
