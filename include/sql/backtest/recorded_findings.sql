-- purpose: What was found of charges and refunds on some business dates.
-- reads: settlement_finding (one row per finding)
-- writes: rows day, code, payment_id, line_id, currency, amount_minor
-- params: first_day, last_day, codes (text[])
SELECT
    f.business_date AS day,
    f.code,
    f.payment_id,
    f.settlement_line_id AS line_id,
    f.currency::text AS currency,
    f.amount_minor
FROM settlement_finding AS f
INNER JOIN settlement_run AS r ON r.business_date = f.business_date
WHERE
    f.business_date BETWEEN :first_day AND :last_day
    AND f.code IN (SELECT c.code FROM unnest(cast(:codes AS text[])) AS c (code))
