-- purpose: How settlement stood at the end of a past business date.
-- reads: settlement_open_as_of, settlement_match_as_of, settlement_run, payment
-- writes: rows side (payments, lines, matches), gateway, what (open, a code, a pass), currency, count,
--   amount_minor
-- params: day
SELECT
    side || 's' AS side,
    gateway,
    coalesce(code, 'open') AS what,
    currency::text AS currency,
    count(*) AS count,
    sum(amount_minor)::bigint AS amount_minor
FROM settlement_open_as_of(:day)
GROUP BY side, gateway, code, currency
UNION ALL
SELECT
    'matches' AS side,
    p.gateway,
    m.pass AS what,
    p.currency::text AS currency,
    count(*) AS count,
    sum(m.amount_minor)::bigint AS amount_minor
FROM settlement_match_as_of(:day) AS m
INNER JOIN payment AS p ON p.payment_id = m.payment_id
GROUP BY p.gateway, m.pass, p.currency
ORDER BY side DESC, gateway, what, currency
