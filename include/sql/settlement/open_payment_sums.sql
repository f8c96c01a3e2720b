-- purpose: All payments that nothing holds, as the proof counts them: carried from earlier dates (opening), or
--   new (also those that this date is the first to see, which have no date yet).
-- reads: settlement_open_payment (one row per open payment)
-- writes: rows gateway, currency, bucket, entries, sum_minor
-- params: business_date, as_of
SELECT
    gateway,
    currency::text AS currency,
    CASE WHEN first_reconciled_on < :business_date THEN 'opening' ELSE 'new' END AS bucket,
    count(*) AS entries,
    sum(amount_minor)::bigint AS sum_minor
FROM settlement_open_payment
WHERE
    open_from <= :business_date
    AND (
        first_reconciled_on <= :business_date
        OR (first_reconciled_on IS NULL AND captured_at <= :as_of)
    )
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
