-- purpose: The payouts that are not matched, not returned and in no finding, and that no open line names.
-- reads: payouts (one row per payout), pairs, findings (one row per payout and line), open_mentions, returned (one
--   row per payout)
-- writes: rest_payouts (one row per payout)
SELECT p.*
FROM payouts AS p
WHERE
    NOT EXISTS (
        SELECT 1 FROM pairs AS x
        WHERE x.payout_id = p.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM findings AS x
        WHERE x.payout_id = p.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM open_mentions AS x
        WHERE x.payout_id = p.payout_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM returned AS x
        WHERE x.payout_id = p.payout_id
    )
