-- purpose: The payments that are known on a business date: open ones, and those that something holds.
-- reads: payments (one row each), grace, days_allowed, due_days, state, this_day (one row)
-- writes: the payments of the matching engine
WITH held AS (
    SELECT
        payment_id,
        min(held_by) AS held_by
    FROM state
    WHERE payment_id IS NOT NULL
    GROUP BY payment_id
)

SELECT
    cast(p.payment_id AS varchar) AS payment_id,
    p.order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.currency,
    p.amount_minor,
    p.booked_at,
    d.due_at,
    h.held_by AS settled_by,
    p.first_day < t.day AS carried
FROM payments AS p
CROSS JOIN this_day AS t
LEFT JOIN held AS h ON h.payment_id = p.payment_id
LEFT JOIN days_allowed AS a ON a.gateway = p.gateway
LEFT JOIN grace AS g ON g.day = t.day AND g.gateway = p.gateway AND g.method = p.method
LEFT JOIN due_days AS d
    ON d.gateway = p.gateway AND d.number = p.day_number + coalesce(g.learned_days, a.days)
WHERE p.first_day <= t.day
