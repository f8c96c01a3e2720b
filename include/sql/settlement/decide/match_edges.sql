-- purpose: The rows of a match that stands.
-- reads: settlement_match (one row per payment and line), payment (one row per payment)
-- writes: rows payment_id, payment_ref, settlement_line_id, business_date, pass, origin, amount_minor,
--   variance_minor
-- params: match_no
SELECT
    m.payment_id,
    p.payment_ref,
    m.settlement_line_id,
    m.business_date,
    m.pass,
    m.origin,
    m.amount_minor,
    m.variance_minor
FROM settlement_match AS m
INNER JOIN payment AS p ON p.payment_id = m.payment_id
WHERE m.match_no = :match_no AND m.undone_at IS NULL
ORDER BY m.payment_id, m.settlement_line_id
