-- purpose: What people tied together or wrote off on the business dates of a backtest.
-- reads: settlement_match (one row per payment and line), settlement_write_off (one row per write-off)
-- writes: rows decision, day, undone_on, payment_id, line_id, held_by, amount_minor
-- params: first_day, last_day
SELECT
    'match:' || m.match_no AS decision,
    m.business_date AS day,
    m.undone_on,
    m.payment_id,
    m.settlement_line_id AS line_id,
    m.settlement_line_id::text AS held_by,
    m.amount_minor
FROM settlement_match AS m
WHERE m.origin = 'person' AND m.business_date BETWEEN :first_day AND :last_day
UNION ALL
SELECT
    'write-off:' || w.settlement_write_off_id AS decision,
    w.business_date AS day,
    w.reopened_on AS undone_on,
    w.payment_id,
    w.settlement_line_id AS line_id,
    'write-off:' || w.settlement_write_off_id AS held_by,
    w.amount_minor
FROM settlement_write_off AS w
WHERE w.match_payments IS NULL AND w.business_date BETWEEN :first_day AND :last_day
