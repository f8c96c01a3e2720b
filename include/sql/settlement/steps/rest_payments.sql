-- purpose: Payments that nothing has settled, and whether they are late. A payment of zero has
--   nothing to settle, so it is never late.
-- reads: payments (one row per payment), exact_pairs, other_pairs (one row per match), cases (one row
--   per case), settings (one row per gateway)
-- writes: rest_payments (one row per payment)
WITH consumed AS (
    SELECT payment_no
    FROM exact_pairs
    UNION ALL
    SELECT DISTINCT payment_no
    FROM other_pairs
    UNION ALL
    SELECT payment_no
    FROM cases
    WHERE payment_no IS NOT NULL
)

SELECT
    p.payment_no,
    p.payment_id,
    p.order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.currency,
    p.amount_minor,
    p.carried,
    p.booked_us,
    CASE
        WHEN
            p.amount_minor <> 0
            AND coalesce(p.due_us, p.booked_us + s.overdue_days * 86400000000)
            < s.as_of_us
            THEN 1
        ELSE 0
    END AS is_late
FROM payments AS p
INNER JOIN settings AS s ON p.gateway = s.gateway
LEFT JOIN consumed AS c ON p.payment_no = c.payment_no
WHERE c.payment_no IS NULL
