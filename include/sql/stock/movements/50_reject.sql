-- purpose: movements that cannot be: of an article that we do not keep, of pieces that nobody allocated, under
--   the number of another one, or counting away what is allocated.
-- reads: new_movement (one row per staged movement) without staged_duplicate, stock_movement, stock_item,
--   line_part (ALLOCATED)
-- writes: staged_rejected (one row per refused row, with the first rule that it breaks)
-- params: none
WITH judged AS (
    SELECT
        n.*,
        i.on_hand - i.allocated AS free,
        CASE
            WHEN i.sku IS NULL THEN 'unknown-sku'
            WHEN n.quantity = 0 OR (n.quantity < 0 AND n.kind <> 'ADJUSTMENT') THEN 'quantity'
            WHEN m.stock_movement_id IS NOT NULL OR n.copy > 1 THEN 'same-number'
            WHEN n.kind = 'DISPATCH' AND n.order_line_id IS NULL THEN 'unknown-order-line'
            WHEN n.kind = 'DISPATCH' AND n.sku <> n.ordered_sku THEN 'other-sku'
        END AS rule
    FROM new_movement AS n
    LEFT JOIN staged_duplicate AS d
        ON n.source_file_id = d.source_file_id AND n.line_no = d.line_no
    LEFT JOIN stock_item AS i ON n.sku = i.sku
    LEFT JOIN stock_movement AS m
        ON n.source_doc = m.source_doc AND n.document_line = m.line_no AND n.kind = m.kind
    WHERE d.source_file_id IS NULL
),

running AS (
    SELECT
        j.*,
        j.free + sum(j.quantity) FILTER (WHERE j.rule IS NULL AND j.kind <> 'DISPATCH') OVER (
            PARTITION BY j.sku ORDER BY j.source_file_id, j.line_no
        ) AS free_then,
        sum(j.quantity) FILTER (WHERE j.rule IS NULL AND j.kind = 'DISPATCH') OVER (
            PARTITION BY j.order_line_id ORDER BY j.source_file_id, j.line_no
        ) AS dispatched_then
    FROM judged AS j
),

verdicts AS (
    SELECT
        r.*,
        CASE
            WHEN r.rule IS NOT NULL THEN r.rule
            WHEN r.kind = 'ADJUSTMENT' AND r.quantity < 0 AND r.free_then < 0 THEN 'is-allocated'
            WHEN r.kind = 'DISPATCH' AND r.dispatched_then > o.allocated - o.dispatched
                THEN 'over-dispatch'
        END AS verdict
    FROM running AS r
    LEFT JOIN order_line_stock AS o
        ON r.order_line_id = o.order_line_id AND r.kind = 'DISPATCH'
)

INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    v.source_file_id,
    v.line_no,
    t.field,
    CASE t.field
        WHEN 'sku' THEN v.sku
        WHEN 'document_line' THEN v.document_line::text
        WHEN 'order_line_no' THEN concat(v.order_ref, '/', v.order_line_no)
        ELSE v.quantity::text
    END AS value,
    t.rule,
    t.reason,
    t.remedy
FROM verdicts AS v
INNER JOIN (
    VALUES
    (
        'unknown-sku', 'sku', 'This is no article that we keep.',
        'Add it with `tieout stock items`, or correct the SKU, and release the row.'
    ),
    (
        'quantity', 'quantity', 'Only an adjustment may be negative, and none is 0.',
        'Ask the warehouse how many pieces it means, and correct the quantity.'
    ),
    (
        'same-number', 'document_line', 'Another movement has this document, line and kind.',
        'Ask the warehouse which of them holds; give the other one a line of its own.'
    ),
    (
        'unknown-order-line', 'order_line_no', 'There is no such line of an order.',
        'Ask the warehouse which order it dispatched, and correct reference and line.'
    ),
    (
        'other-sku', 'sku', 'The order line is of another article.',
        'Ask the warehouse what it dispatched; a substitute needs a new order.'
    ),
    (
        'is-allocated', 'quantity', 'So many pieces are not free: orders have them.',
        'Cancel the parts that cannot be served (`tieout stock cancel`), then release the row.'
    ),
    (
        'over-dispatch', 'quantity', 'More is dispatched than the order line has in stock.',
        'Ask the warehouse what left, and correct the quantity or discard the row.'
    )
) AS t (rule, field, reason, remedy) ON v.verdict = t.rule
