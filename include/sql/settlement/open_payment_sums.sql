-- purpose: All payments that nothing holds, as the proof counts them: carried from earlier dates (opening), or
--   new.
-- reads: settlement_open_payment (one row per open payment)
-- writes: rows gateway, currency, bucket, entries, sum_minor
-- params: business_date
SELECT
    gateway,
    currency::text AS currency,
    CASE WHEN first_reconciled_on < :business_date THEN 'opening' ELSE 'new' END AS bucket,
    count(*) AS entries,
    sum(amount_minor)::bigint AS sum_minor
FROM settlement_open_payment
WHERE first_reconciled_on <= :business_date AND open_from <= :business_date
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
