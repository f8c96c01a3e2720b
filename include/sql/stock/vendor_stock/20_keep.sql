-- purpose: keep each vendor's newest count of each article, all its places together; an older one than we have
--   changes nothing.
-- reads: staged (one row per article and place) without staged_rejected, source_file (one row per file)
-- writes: vendor_stock
-- params: none
INSERT INTO vendor_stock AS v (vendor_id, sku, available, available_on, as_at, source_file_id)
WITH counts AS (
    SELECT
        s.partner_id AS vendor_id,
        s.sku,
        s.source_file_id,
        max(coalesce(
            s.as_at, CAST(f.facts ->> 'created_at' AS timestamptz), s.received_at
        )) AS as_at,
        sum(coalesce(s.quantity_available, 0)) AS available,
        min(s.available_on) AS available_on
    FROM staged AS s
    INNER JOIN source_file AS f ON s.source_file_id = f.source_file_id
    LEFT JOIN staged_rejected AS r
        ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
    WHERE r.source_file_id IS NULL
    GROUP BY s.partner_id, s.sku, s.source_file_id
)

SELECT DISTINCT ON (c.vendor_id, c.sku)
    c.vendor_id,
    c.sku,
    c.available,
    c.available_on,
    c.as_at,
    c.source_file_id
FROM counts AS c
ORDER BY c.vendor_id, c.sku, c.as_at DESC, c.source_file_id DESC
ON CONFLICT (vendor_id, sku) DO UPDATE SET
    available = excluded.available,
    available_on = excluded.available_on,
    as_at = excluded.as_at,
    source_file_id = excluded.source_file_id
WHERE (excluded.as_at, excluded.source_file_id) > (v.as_at, v.source_file_id)
