-- purpose: The newest reconciliation of payouts, if it is later than the one that is asked for.
-- reads: payout_run (one row per business date)
-- writes: rows business_date, as_of (none, or the newest)
-- params: business_date, as_of
SELECT
    business_date,
    as_of
FROM payout_run
WHERE business_date > :business_date OR (business_date = :business_date AND as_of > :as_of)
ORDER BY business_date DESC
LIMIT 1
