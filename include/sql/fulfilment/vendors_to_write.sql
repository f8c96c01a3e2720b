-- purpose: Which of some vendors have orders to be written, and the format of their files.
-- reads: vendor_order (one row per order and vendor, PLANNED), partner_feed (PURCHASE_ORDER)
-- writes: nothing; returns one row per vendor; a vendor without such a feed is left out
-- params: vendor_ids (text[])
SELECT
    f.partner_id AS vendor_id,
    f.format_id
FROM partner_feed AS f
WHERE
    f.doc_type = 'PURCHASE_ORDER'
    AND f.partner_id IN (
        SELECT o.vendor_id FROM vendor_order AS o
        WHERE o.status = 'PLANNED' AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
    )
ORDER BY f.partner_id
