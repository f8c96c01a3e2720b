-- purpose: How many charges a business date matched by so many business days after their capture. A
--   payment in parts counts once, by its last line. What a person matched says nothing of the gateway.
--   Business days are looked up once per day, not per payment.
-- reads: settlement_match (one row per payment and line), payment, settlement_line, partner, business_day
-- writes: settlement_lag_day (one row per gateway, method and lag)
-- params: business_date
INSERT INTO settlement_lag_day (business_date, gateway, method, lag_days, matches)
WITH settled AS (
    SELECT
        e.payment_id,
        max(l.first_reconciled_on) AS seen_on
    FROM settlement_match AS e
    INNER JOIN settlement_line AS l ON l.settlement_line_id = e.settlement_line_id
    WHERE e.business_date = :business_date AND e.origin = 'run' AND e.undone_at IS NULL
    GROUP BY e.payment_id
),

by_day AS (
    SELECT
        g.partner_id,
        g.calendar_id,
        coalesce(p.method, '') AS method,
        (p.captured_at AT TIME ZONE g.zone)::date AS captured_on,
        s.seen_on,
        count(*) AS matches
    FROM settled AS s
    INNER JOIN payment AS p ON p.payment_id = s.payment_id
    INNER JOIN partner AS g ON g.partner_id = p.gateway
    WHERE p.kind = 'charge'
    GROUP BY g.partner_id, coalesce(p.method, ''), captured_on, s.seen_on
)

SELECT
    :business_date,
    d.partner_id AS gateway,
    d.method,
    greatest(0, seen.number - captured.number) AS lag_days,
    sum(d.matches) AS matches
FROM by_day AS d
INNER JOIN business_day AS captured
    ON captured.calendar_id = d.calendar_id AND captured.day = d.captured_on
INNER JOIN business_day AS seen ON seen.calendar_id = d.calendar_id AND seen.day = d.seen_on
GROUP BY d.partner_id, d.method, greatest(0, seen.number - captured.number)
