-- purpose: The vendors that have orders to be written or files to be delivered, those of one server together.
-- reads: vendor_order (one row per order and vendor), partner
-- writes: nothing; returns one row per vendor
SELECT
    p.partner_id,
    p.name
FROM partner AS p
WHERE
    p.partner_id IN (
        SELECT o.vendor_id FROM vendor_order AS o
        WHERE o.status IN ('PLANNED', 'WRITTEN')
    )
ORDER BY p.connection_id NULLS FIRST, p.partner_id
