-- purpose: rows of vendors' stock that cannot be used: without our number of the article, or with less than
--   nothing.
-- reads: staged (one row per article and place)
-- writes: staged_rejected (one row per refused row)
-- params: none
INSERT INTO staged_rejected (source_file_id, line_no, field, value, rule, reason, remedy)
SELECT
    s.source_file_id,
    s.line_no,
    t.field,
    CASE t.field
        WHEN 'sku' THEN coalesce(s.vendor_sku, s.barcode) ELSE s.quantity_available::text
    END
        AS value,
    t.rule,
    t.reason,
    t.remedy
FROM staged AS s
INNER JOIN (
    VALUES
    (
        'no-sku', 'sku', 'The row does not say our number of the article.',
        'Ask the vendor to send it, or correct the row.'
    ),
    (
        'quantity', 'quantity_available', 'A vendor cannot have less than nothing.',
        'Ask the vendor how many pieces it has, and correct the row.'
    )
) AS t (rule, field, reason, remedy)
    ON t.rule = CASE
        WHEN nullif(s.sku, '') IS NULL THEN 'no-sku'
        WHEN s.quantity_available < 0 THEN 'quantity'
    END
