-- purpose: What the purchase orders of one order, or one vendor order, say, with each vendor's format.
-- reads: ordered_line (one row per vendor order line), partner_feed (PURCHASE_ORDER)
-- writes: nothing; returns one row per vendor order line, those of one vendor order together
-- params: reference (text) is an order's or a vendor order's
SELECT
    l.*,
    f.format_id
FROM ordered_line AS l
LEFT JOIN partner_feed AS f ON l.vendor_id = f.partner_id AND f.doc_type = 'PURCHASE_ORDER'
WHERE l.vendor_order_no = :reference OR l.order_ref = :reference
ORDER BY l.vendor_order_no, l.order_line_no
