-- purpose: How many payments a nameless line could be made of: counted by day, before any is listed.
-- reads: nameless_lines (one row per line), free_payments (one row per payment), settings (one row per gateway)
-- writes: search_sizes (one row per line)
WITH days AS (
    SELECT
        gateway,
        kind,
        currency,
        booked_day,
        count(*) AS payments
    FROM free_payments
    GROUP BY gateway, kind, currency, booked_day
)

SELECT
    l.line_no,
    CAST(sum(d.payments) AS BIGINT) AS payments
FROM nameless_lines AS l
INNER JOIN settings AS s ON l.gateway = s.gateway
INNER JOIN days AS d
    ON
        l.gateway = d.gateway
        AND l.kind = d.kind
        AND l.currency = d.currency
WHERE abs(l.booked_day - d.booked_day) <= s.window_days
GROUP BY l.line_no
