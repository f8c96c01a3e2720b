-- purpose: The payouts to whose amount their lines come.
-- reads: sums (one row per payout)
-- writes: rows payout_id
SELECT s.payout_id
FROM sums AS s
WHERE s.found_minor = s.expected_minor AND s.lines > 0
