-- purpose: how many lines a run decided, by what they got, and how many wait on.
-- reads: decision (one row per line), stock_queue (one row per line that waits), line_part (PENDING)
-- writes: nothing; returns one row
-- params: none
SELECT
    count(*) FILTER (WHERE d.hold = 0) AS decided,
    count(*) FILTER (WHERE d.take > 0) AS allocated,
    count(*) FILTER (WHERE d.is_own AND d.line_part_id IS NOT NULL) AS filled,
    count(*) FILTER (WHERE d.route > 0) AS routed,
    count(*) FILTER (WHERE d.wait > 0 AND d.line_part_id IS NULL) AS preordered,
    (
        SELECT count(*) FROM line_part AS p
        WHERE p.status = 'PENDING'
    ) AS pending,
    (SELECT count(*) FROM stock_queue) - count(*) FILTER (WHERE d.is_own) AS waiting
FROM decision AS d
