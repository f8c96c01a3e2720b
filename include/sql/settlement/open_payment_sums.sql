-- purpose: All payments that nothing holds, as the proof counts them: carried from earlier dates (opening), or
--   new.
-- reads: payment (one row per payment), settlement_hold (one row per hold), gateway_account (one row per
--   gateway)
-- writes: rows gateway, currency, bucket, entries, sum_minor
-- params: business_date
SELECT
    p.gateway,
    p.currency::text AS currency,
    CASE WHEN p.first_reconciled_on < :business_date THEN 'opening' ELSE 'new' END AS bucket,
    count(*) AS entries,
    sum(p.amount_minor)::bigint AS sum_minor
FROM payment AS p
INNER JOIN gateway_account AS a ON a.gateway = p.gateway
LEFT JOIN settlement_hold AS h
    ON h.payment_id = p.payment_id AND h.freed_on > :business_date
WHERE p.first_reconciled_on IS NOT NULL AND h.freed_on IS NULL
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
