-- purpose: put orders out of the queue that want everything at once and surely do not get it: with what the
--   orders before them get at the least, too little is left. Called until it finds none, it leaves just those
--   in the queue that get all, as if each were served in its turn. The first that fails is always found,
--   because nobody before it leaves the queue any more.
-- reads: stock_queue (one row per waiting part)
-- writes: stock_queue (is_out)
-- params: none
WITH served AS (
    SELECT
        q.*,
        greatest(0, least(
            q.quantity,
            q.free - (sum(q.quantity) OVER (PARTITION BY q.sku ORDER BY q.place) - q.quantity)
        )) AS take
    FROM stock_queue AS q
    WHERE NOT q.is_out AND EXISTS (
        SELECT FROM stock_queue AS a
        WHERE a.ship_complete
    )
),

failing AS (
    SELECT DISTINCT s.sales_order_id
    FROM served AS s
    WHERE s.ship_complete AND s.take < s.quantity
),

surely AS (
    SELECT
        s.sales_order_id,
        f.sales_order_id IS NOT NULL AS is_failing,
        s.free - sum(CASE WHEN f.sales_order_id IS NULL THEN s.take ELSE 0 END) OVER (
            PARTITION BY s.sku ORDER BY s.place
        ) AS left_by_others,
        sum(s.quantity) OVER (
            PARTITION BY s.sku, s.sales_order_id ORDER BY s.place
        ) AS needed
    FROM served AS s
    LEFT JOIN failing AS f ON s.sales_order_id = f.sales_order_id
)

UPDATE stock_queue AS q SET is_out = TRUE
FROM (
    SELECT DISTINCT s.sales_order_id FROM surely AS s
    WHERE s.is_failing AND s.needed > s.left_by_others
) AS out
WHERE q.sales_order_id = out.sales_order_id
