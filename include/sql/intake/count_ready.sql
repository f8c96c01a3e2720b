-- purpose: how many entries became orders, of how many rows, and how many sound rows still wait for
--   others of their entry.
-- reads: ready (entry), ready_line (row), order_entry (row)
-- writes: nothing
-- params: as_of
SELECT
    (SELECT count(*) FROM ready) AS orders,
    (SELECT count(*) FROM ready_line) AS applied,
    (
        SELECT count(*)
        FROM order_entry AS e
        WHERE e.status = 'VALID' AND e.captured_at <= :as_of
    ) AS deferred
