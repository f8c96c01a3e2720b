-- purpose: every row needs its key and its order's head.
-- reads: candidate (row)
-- writes: finding (row)
-- params: none
INSERT INTO finding (entry_row_id, entry_id, rule, field, value, reason, remedy)
SELECT
    c.entry_row_id,
    c.entry_id,
    'required' AS rule,
    missing.field,
    NULL AS value,
    'The column ' || missing.field || ' is empty.' AS reason,
    'Have the storefront fill it, or correct the row.' AS remedy
FROM candidate AS c
CROSS JOIN
    LATERAL (
        SELECT CASE
            WHEN c.entry_id IS NULL THEN 'entry_id'
            WHEN c.line_no IS NULL OR c.line_no < 0 THEN 'line_no'
            WHEN c.captured_at IS NULL THEN 'captured_at'
            WHEN coalesce(c.storefront, '') = '' THEN 'storefront'
            WHEN coalesce(c.order_ref, '') = '' THEN 'order_ref'
            WHEN coalesce(c.customer_ref, '') = '' THEN 'customer_ref'
            WHEN coalesce(c.currency, '') = '' THEN 'currency'
            WHEN c.line_no = 0 THEN NULL
            WHEN coalesce(c.sku, '') = '' THEN 'sku'
            WHEN c.quantity IS NULL THEN 'quantity'
            WHEN c.unit_price_minor IS NULL THEN 'unit_price_minor'
            WHEN c.freight_minor IS NULL THEN 'freight_minor'
            WHEN c.line_total_minor IS NULL THEN 'line_total_minor'
            WHEN c.order_total_minor IS NULL THEN 'order_total_minor'
        END AS field
    ) AS missing
WHERE missing.field IS NOT NULL
