-- purpose: The lines of a backtest.
-- reads: backtest_line (one row per line)
-- writes: rows line_id, gateway, gateway_ref, order_ref, kind, currency, gross_minor, booked_at, first_day
-- params: first_day, last_day
SELECT
    l.settlement_line_id AS line_id,
    l.gateway,
    l.gateway_ref,
    l.order_ref,
    l.kind,
    l.currency::text AS currency,
    l.gross_minor,
    l.booked_at,
    l.first_reconciled_on AS first_day
FROM backtest_line(:first_day, :last_day) AS l
