-- purpose: The next control number of each vendor that has orders to be written, and its file's format.
-- reads: vendor_order (one row per order and vendor, PLANNED), partner_feed (PURCHASE_ORDER)
-- writes: control_number (one row per vendor and type of document); returns one row per vendor
-- params: vendor_ids (text[])
WITH
feed AS (
    SELECT
        f.partner_id,
        f.format_id
    FROM partner_feed AS f
    WHERE
        f.doc_type = 'PURCHASE_ORDER'
        AND f.partner_id IN (
            SELECT o.vendor_id FROM vendor_order AS o
            WHERE o.status = 'PLANNED' AND o.vendor_id = ANY(CAST(:vendor_ids AS text[]))
        )
),

numbered AS (
    INSERT INTO control_number AS c (partner_id, doc_type, last_number)
    SELECT
        f.partner_id,
        'PURCHASE_ORDER' AS doc_type,
        1 AS last_number
    FROM feed AS f
    ORDER BY f.partner_id
    ON CONFLICT (partner_id, doc_type) DO UPDATE SET last_number = c.last_number + 1
    RETURNING c.partner_id, c.last_number
)

SELECT
    n.partner_id AS vendor_id,
    n.last_number AS number,
    f.format_id
FROM numbered AS n
INNER JOIN feed AS f ON n.partner_id = f.partner_id
ORDER BY n.partner_id
