-- purpose: What each account of assets, liabilities and equity gained on each business date, and before all
--   of them (business_date is null).
-- reads: journal_sum (rows that add up to the postings)
-- writes: rows business_date, account, currency, amount_minor
-- params: first_day, last_day
SELECT
    CASE WHEN business_date >= :first_day THEN business_date END AS business_date,
    account,
    currency,
    sum(amount_minor)::bigint AS amount_minor
FROM journal_sum
WHERE
    business_date <= :last_day
    AND (business_date >= :first_day OR account !~ '^(Income|Expenses):')
GROUP BY CASE WHEN business_date >= :first_day THEN business_date END, account, currency
HAVING
    CASE WHEN business_date >= :first_day THEN business_date END IS NOT NULL
    OR sum(amount_minor) <> 0
ORDER BY business_date NULLS FIRST, account COLLATE "C", currency
