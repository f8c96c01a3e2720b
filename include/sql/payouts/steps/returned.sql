-- purpose: Payouts and their reversals of which the bank shows neither: the money went nowhere.
-- reads: payouts (one row per payout), pairs, open_mentions (one row per payout and line)
-- writes: returned (one row per payout or reversal)
WITH quiet AS (
    SELECT p.*
    FROM payouts AS p
    WHERE
        NOT EXISTS (
            SELECT 1 FROM pairs AS x
            WHERE x.payout_id = p.payout_id
        )
        AND NOT EXISTS (
            SELECT 1 FROM open_mentions AS x
            WHERE x.payout_id = p.payout_id
        )
)

SELECT q.payout_id
FROM quiet AS q
INNER JOIN quiet AS o
    ON
        o.gateway = q.gateway
        AND o.payout_ref = q.payout_ref
        AND o.currency = q.currency
        AND o.kind <> q.kind
        AND o.amount_minor = -q.amount_minor
