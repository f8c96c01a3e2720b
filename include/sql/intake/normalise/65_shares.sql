-- purpose: what each part of a bundle has of its price and freight: in proportion to what the parts
--   would cost alone, by largest remainder; of equal remainders the earlier part has the unit more.
-- reads: ready_line (row), product_part (part of a bundle), product (product)
-- writes: temporary table share (part of a row)
-- params: none
CREATE TEMP TABLE share ON COMMIT DROP AS
WITH
weighed AS (
    SELECT
        l.entry_row_id,
        p.part_no,
        p.part_sku AS sku,
        o.vendor_id,
        o.description,
        l.quantity * p.quantity AS quantity,
        (p.quantity * p.weight_minor)::numeric AS weight,
        sum(p.quantity * p.weight_minor) OVER whole AS weights,
        (l.quantity::bigint * l.unit_price_minor)::numeric AS goods_minor,
        l.freight_minor::numeric AS freight_minor
    FROM ready_line AS l
    INNER JOIN product_part AS p ON l.sku = p.bundle_sku
    INNER JOIN product AS o ON p.part_sku = o.sku
    WHERE l.kind = 'BUNDLE'
    WINDOW whole AS (PARTITION BY l.entry_row_id)
),

divided AS (
    SELECT
        w.*,
        div(w.goods_minor * w.weight, w.weights) AS goods_floor,
        div(w.freight_minor * w.weight, w.weights) AS freight_floor,
        row_number() OVER (
            PARTITION BY w.entry_row_id
            ORDER BY mod(w.goods_minor * w.weight, w.weights) DESC, w.part_no
        ) AS goods_place,
        row_number() OVER (
            PARTITION BY w.entry_row_id
            ORDER BY mod(w.freight_minor * w.weight, w.weights) DESC, w.part_no
        ) AS freight_place
    FROM weighed AS w
),

shared AS (
    SELECT
        d.entry_row_id,
        d.part_no,
        d.sku,
        d.vendor_id,
        d.description,
        d.quantity,
        d.goods_floor + CASE
            WHEN d.goods_place <= d.goods_minor - sum(d.goods_floor) OVER whole THEN 1
            ELSE 0
        END AS goods_minor,
        d.freight_floor + CASE
            WHEN d.freight_place <= d.freight_minor - sum(d.freight_floor) OVER whole THEN 1
            ELSE 0
        END AS freight_minor
    FROM divided AS d
    WINDOW whole AS (PARTITION BY d.entry_row_id)
)

SELECT
    s.entry_row_id,
    s.part_no,
    s.sku,
    s.vendor_id,
    s.description,
    s.quantity,
    s.goods_minor::bigint / s.quantity AS unit_price_minor,
    s.goods_minor::bigint % s.quantity AS remainder_minor,
    s.freight_minor::bigint AS freight_minor,
    (s.goods_minor + s.freight_minor)::bigint AS line_total_minor
FROM shared AS s
