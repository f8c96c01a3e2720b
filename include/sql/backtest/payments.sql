-- purpose: The payments of a backtest, with the number of the business day on which each was captured.
-- reads: backtest_payment, partner, business_day (one row per payment)
-- writes: rows payment_id, order_ref, gateway, gateway_ref, kind, method, currency, amount_minor, booked_at,
--   day_number, first_day
-- params: first_day, last_day
SELECT
    p.payment_id,
    p.payment_ref AS order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    coalesce(p.method, '') AS method,
    p.currency::text AS currency,
    p.amount_minor,
    p.captured_at AS booked_at,
    d.number AS day_number,
    p.first_reconciled_on AS first_day
FROM backtest_payment(:first_day, :last_day) AS p
INNER JOIN partner AS g ON g.partner_id = p.gateway
LEFT JOIN business_day AS d
    ON d.calendar_id = g.calendar_id AND d.day = (p.captured_at AT TIME ZONE g.zone)::date
