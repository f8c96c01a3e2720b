-- purpose: give each part that waited the first of its line's fates, and make parts of the others.
-- reads: fate (one row per part)
-- writes: line_part
-- params: as_of
WITH changed AS (
    UPDATE line_part AS p SET
        quantity = f.quantity,
        status = f.status,
        status_at = CAST(:as_of AS timestamptz),
        status_reason = f.reason
    FROM fate AS f
    WHERE p.line_part_id = f.line_part_id
)

INSERT INTO line_part (
    order_line_id, part_no, sku, quantity, paid_at, status, status_at, status_reason
)
SELECT
    f.order_line_id,
    f.part_no,
    f.sku,
    f.quantity,
    f.paid_at,
    f.status,
    CAST(:as_of AS timestamptz) AS status_at,
    f.reason
FROM fate AS f
WHERE f.line_part_id IS NULL
ORDER BY f.order_line_id, f.part_no
