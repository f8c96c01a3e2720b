-- purpose: What the payments of one key and day (a slot) are compared with: the lines of the key, in the
--   pass's window and currency. Most slots have one amount of payments: least_minor is most_minor.
-- reads: pass_payments, pass_lines (one row each), this_pass (one row), settings (one row per gateway)
-- writes: slot_lines (one row per slot and line group)
WITH slots AS (
    SELECT
        p.key_no,
        p.currency,
        p.booked_day,
        min(p.gateway) AS gateway,
        min(p.group_no) AS slot_no,
        min(p.settle_minor) AS least_minor,
        max(p.settle_minor) AS most_minor
    FROM pass_payments AS p
    WHERE p.nth = 1
    GROUP BY p.key_no, p.currency, p.booked_day
)

SELECT
    s.slot_no,
    s.gateway,
    s.key_no,
    s.currency,
    s.booked_day,
    s.least_minor,
    s.most_minor,
    l.group_no,
    l.settle_minor,
    abs(l.booked_day - s.booked_day) AS apart_days
FROM slots AS s
INNER JOIN pass_lines AS l ON s.key_no = l.key_no
INNER JOIN settings AS g ON s.gateway = g.gateway
CROSS JOIN this_pass AS t
WHERE
    l.nth = 1
    AND (t.in_window = 0 OR abs(l.booked_day - s.booked_day) <= g.window_days)
    AND t.currency IN ('any', CASE WHEN s.currency = l.currency THEN 'same' ELSE 'other' END)
