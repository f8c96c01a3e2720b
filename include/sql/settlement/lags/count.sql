-- purpose: How many charges a business date matched by so many business days after their capture. A
--   payment in parts counts once, by its last line. What a person matched says nothing of the gateway.
-- reads: settlement_match (one row per payment and line), payment, settlement_line, partner, business_day
-- writes: settlement_lag_day (one row per gateway, method and lag)
-- params: business_date
INSERT INTO settlement_lag_day (business_date, gateway, method, lag_days, matches)
SELECT
    :business_date,
    m.gateway,
    m.method,
    greatest(0, seen.number - captured.number) AS lag_days,
    count(*) AS matches
FROM (
    SELECT
        p.payment_id,
        p.gateway,
        coalesce(p.method, '') AS method,
        (p.captured_at AT TIME ZONE g.zone)::date AS captured_on,
        g.calendar_id,
        max(l.first_reconciled_on) AS seen_on
    FROM settlement_match AS e
    INNER JOIN payment AS p ON p.payment_id = e.payment_id
    INNER JOIN settlement_line AS l ON l.settlement_line_id = e.settlement_line_id
    INNER JOIN partner AS g ON g.partner_id = p.gateway
    WHERE
        e.business_date = :business_date
        AND e.origin = 'run'
        AND e.undone_at IS NULL
        AND p.kind = 'charge'
    GROUP BY p.payment_id, g.partner_id
) AS m
INNER JOIN business_day AS captured
    ON captured.calendar_id = m.calendar_id AND captured.day = m.captured_on
INNER JOIN business_day AS seen ON seen.calendar_id = m.calendar_id AND seen.day = m.seen_on
GROUP BY m.gateway, m.method, greatest(0, seen.number - captured.number)
