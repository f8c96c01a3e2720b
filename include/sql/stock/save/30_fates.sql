-- purpose: the parts that lines get, each with its pieces; the first of a line takes the place of the part that
--   waited, where there was one.
-- reads: decision (one row per line), line_part (the parts of lines that had some)
-- writes: temporary table fate (one row per part)
-- params: none
CREATE TEMP TABLE fate ON COMMIT DROP AS
WITH pieces AS (
    SELECT
        d.*,
        f.status,
        f.quantity,
        f.reason,
        row_number() OVER (PARTITION BY d.order_line_id ORDER BY f.status) AS place
    FROM decision AS d
    CROSS JOIN
        LATERAL (
            VALUES
            ('ALLOCATED', d.take, 'own stock'),
            (
                'VENDOR_ROUTED', d.route,
                CASE WHEN d.is_own THEN 'the vendor has it' ELSE 'not an article of ours' END
            ),
            ('PREORDER', d.wait, 'not in stock'),
            ('PENDING', d.hold, 'waits for the other lines of its order')
        ) AS f (status, quantity, reason)
    WHERE f.quantity > 0
),

known AS (
    SELECT
        p.order_line_id,
        max(p.part_no) AS last_part
    FROM line_part AS p
    INNER JOIN decision AS d ON p.order_line_id = d.order_line_id
    WHERE d.line_part_id IS NOT NULL
    GROUP BY p.order_line_id
)

SELECT
    CASE WHEN p.place = 1 THEN p.line_part_id END AS line_part_id,
    p.order_line_id,
    coalesce(k.last_part - 1, 0) + p.place AS part_no,
    p.sku,
    p.paid_at,
    p.status,
    p.quantity,
    p.reason
FROM pieces AS p
LEFT JOIN known AS k ON p.order_line_id = k.order_line_id
