-- purpose: The proof of the payouts of a business date, and what of it is unexplained.
-- reads: payout_proof (one row per date, side, partner, account and currency)
-- writes: rows side, partner_id, account, currency, and count and sum of each bucket and of unexplained
-- params: day
SELECT
    p.side,
    p.partner_id,
    p.account,
    p.currency::text AS currency,
    p.opening_count,
    p.opening_minor,
    p.new_count,
    p.new_minor,
    p.reopened_count,
    p.reopened_minor,
    p.changed_count,
    p.changed_minor,
    p.matched_count,
    p.matched_minor,
    p.exception_count,
    p.exception_minor,
    p.open_count,
    p.open_minor,
    p.returned_count,
    p.returned_minor,
    p.not_ours_count,
    p.not_ours_minor,
    p.opening_count + p.new_count + p.reopened_count + p.changed_count - p.matched_count
    - p.exception_count - p.open_count - p.returned_count - p.not_ours_count AS unexplained_count,
    p.opening_minor + p.new_minor + p.reopened_minor + p.changed_minor - p.matched_minor
    - p.exception_minor - p.open_minor - p.returned_minor - p.not_ours_minor AS unexplained_minor
FROM payout_proof AS p
WHERE p.business_date = :day
ORDER BY p.side DESC, p.partner_id, p.account, p.currency
