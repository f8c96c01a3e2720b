-- purpose: The matches that stood at the end of a past business date.
-- reads: settlement_match_as_of, payment (one row per payment and line)
-- writes: rows match_no, business_date, pass, origin, payment_ref, line, currency, amount_minor, variance_minor
-- params: day
SELECT
    m.match_no,
    m.business_date,
    m.pass,
    m.origin,
    p.payment_ref,
    m.settlement_line_id AS line,
    p.currency::text AS currency,
    m.amount_minor,
    m.variance_minor
FROM settlement_match_as_of(:day) AS m
INNER JOIN payment AS p ON p.payment_id = m.payment_id
ORDER BY m.match_no, m.payment_id, m.settlement_line_id
