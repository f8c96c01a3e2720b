-- purpose: what the storefront captures between two instants.
-- reads: entry (one row per item)
-- params: since (inclusive), until (exclusive)
SELECT e.*
FROM entry AS e
WHERE e.captured_at >= $since AND e.captured_at < $until
ORDER BY e.captured_at, e.order_ref, e.line_no
