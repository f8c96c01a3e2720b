-- purpose: What the lines that the exact pass left are called by: each reference at a gateway, with a
--   number, so that later work compares numbers and not text.
-- reads: near_lines (one row per line)
-- writes: line_refs (one row per gateway, sort of reference and reference)
SELECT
    gateway,
    'gateway_ref' AS reference,
    gateway_ref AS ref,
    min(rank_no) AS ref_no
FROM near_lines
WHERE gateway_ref IS NOT NULL
GROUP BY gateway, gateway_ref
UNION ALL
SELECT
    gateway,
    'order_ref' AS reference,
    order_ref AS ref,
    min(rank_no) AS ref_no
FROM near_lines
WHERE order_ref IS NOT NULL
GROUP BY gateway, order_ref
