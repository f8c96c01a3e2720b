-- purpose: Note by how much this business date changes the amount of payouts that an earlier date has counted.
-- reads: told_payout (one row per gateway, reference and kind), payout (one row per payout, still as it was)
-- writes: payout_change (one row per payout and date; what a run of the same date changed before is added to)
-- params: business_date
INSERT INTO payout_change (payout_id, business_date, change_minor)
SELECT
    p.payout_id,
    cast(:business_date AS date) AS business_date,
    t.amount_minor - p.amount_minor AS change_minor
FROM told_payout AS t
INNER JOIN payout AS p ON p.payout_id = t.known_id
WHERE p.first_reconciled_on < :business_date AND t.amount_minor <> p.amount_minor
ON CONFLICT (payout_id, business_date) DO UPDATE SET
    change_minor = payout_change.change_minor + excluded.change_minor
