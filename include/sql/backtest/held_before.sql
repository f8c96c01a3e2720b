-- purpose: What held payments and lines of a backtest before its first business date.
-- reads: settlement_hold (one row per hold), backtest_payment, backtest_line
-- writes: rows payment_id, line_id, held_by
-- params: first_day, last_day
SELECT
    h.payment_id,
    h.settlement_line_id AS line_id,
    h.held_by
FROM backtest_payment(:first_day, :last_day) AS p
INNER JOIN settlement_hold AS h ON h.payment_id = p.payment_id
WHERE h.held_on < :first_day AND h.freed_on >= :first_day
UNION
SELECT
    h.payment_id,
    h.settlement_line_id AS line_id,
    h.held_by
FROM backtest_line(:first_day, :last_day) AS l
INNER JOIN settlement_hold AS h ON h.settlement_line_id = l.settlement_line_id
WHERE h.held_on < :first_day AND h.freed_on >= :first_day
