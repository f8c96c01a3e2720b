-- purpose: The payouts that wait on: nothing fits yet, or a line names them and more of it may come.
-- reads: payouts (one row per payout), pairs, findings (one row per payout and line), returned (one row per payout)
-- writes: open_payouts (one row per payout)
SELECT p.payout_id
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
        SELECT 1 FROM returned AS x
        WHERE x.payout_id = p.payout_id
    )
