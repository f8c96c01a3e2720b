-- purpose: The matches that business dates made and that stood at the end of the last one.
-- reads: settlement_match (one row per payment and line)
-- writes: rows day, payment_id, line_id, origin, pass, amount_minor
-- params: first_day, last_day
SELECT
    business_date AS day,
    payment_id,
    settlement_line_id AS line_id,
    origin,
    pass,
    amount_minor
FROM settlement_match
WHERE
    business_date BETWEEN :first_day AND :last_day
    AND coalesce(undone_on, 'infinity') > :last_day
