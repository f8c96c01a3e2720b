-- purpose: The end of each business day of gateways' calendars.
-- reads: partner, gateway_account (one row per gateway), business_day (one row per day)
-- writes: rows gateway, number, due_at
SELECT
    a.gateway,
    d.number,
    (d.day + 1)::timestamp AT TIME ZONE g.zone AS due_at
FROM gateway_account AS a
INNER JOIN partner AS g ON g.partner_id = a.gateway
INNER JOIN business_day AS d ON d.calendar_id = g.calendar_id AND d.is_business
