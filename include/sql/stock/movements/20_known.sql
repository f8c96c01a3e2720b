-- purpose: the staged movements with their keys in the ledger and the order lines that they are for.
-- reads: staged (one row per movement), order_line, sales_order (one row each)
-- writes: temporary table new_movement (one row per staged one; copy counts those of one key, same tells
--   whether it says what the first of them does)
-- params: none
CREATE TEMP TABLE new_movement ON COMMIT DROP AS
WITH keyed AS (
    SELECT
        s.source_file_id,
        s.line_no,
        s.partner_id || ':' || s.document_no AS source_doc,
        s.document_line,
        upper(s.kind) AS kind,
        s.sku,
        s.quantity,
        s.order_ref,
        s.order_line_no,
        s.occurred_at,
        jsonb_build_array(s.sku, s.quantity, s.order_ref, s.order_line_no) AS said
    FROM staged AS s
)

SELECT
    k.*,
    l.order_line_id,
    l.sku AS ordered_sku,
    row_number() OVER w AS copy,
    k.said = first_value(k.said) OVER w AS same
FROM keyed AS k
LEFT JOIN sales_order AS o ON k.order_ref = o.order_ref
LEFT JOIN order_line AS l
    ON o.sales_order_id = l.sales_order_id AND k.order_line_no = l.line_no
WINDOW w AS (
    PARTITION BY k.source_doc, k.document_line, k.kind ORDER BY k.source_file_id, k.line_no
)
