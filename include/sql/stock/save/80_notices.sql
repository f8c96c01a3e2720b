-- purpose: what customers are to be told: pieces that wait, and pieces that waited and have come. One notice per
--   order and nature, named by its first line and the part of it, so that it is told once.
-- reads: decision (one row per line), line_part (the part that waited), order_line, sales_order, stock_item (one
--   row each)
-- writes: stock_notice
-- params: none
INSERT INTO stock_notice (nature, about, sales_order_id, pieces)
WITH told AS (
    SELECT
        CASE WHEN d.line_part_id IS NULL THEN 'PREORDER' ELSE 'PREORDER_FILLED' END AS nature,
        d.sales_order_id,
        o.order_ref,
        l.line_no,
        coalesce(p.part_no, 1) AS part_no,
        jsonb_build_object(
            'quantity', CASE WHEN d.line_part_id IS NULL THEN d.wait ELSE d.take END,
            'description', coalesce(l.description, l.sku),
            'expected_on',
            CASE WHEN d.line_part_id IS NULL THEN greatest(i.release_on, i.expected_on) END
        ) AS piece
    FROM decision AS d
    INNER JOIN order_line AS l ON d.order_line_id = l.order_line_id
    INNER JOIN sales_order AS o ON d.sales_order_id = o.sales_order_id
    INNER JOIN stock_item AS i ON d.sku = i.sku
    LEFT JOIN line_part AS p ON d.line_part_id = p.line_part_id
    WHERE d.is_own AND (d.wait > 0 OR d.line_part_id IS NOT NULL)
)

SELECT
    t.nature,
    t.order_ref || '/' || (array_agg(t.line_no || '/' || t.part_no ORDER BY t.line_no))[1] AS about,
    t.sales_order_id,
    jsonb_agg(t.piece ORDER BY t.line_no) AS pieces
FROM told AS t
GROUP BY t.nature, t.sales_order_id, t.order_ref
ORDER BY about
