-- purpose: The payments that something holds (a line, or a write-off as write-off:<number>) and that a line
--   is about which needs none of its own, or a refund, or that a line names again which has not found an open
--   one for certain.
-- reads: held_name (one row per gateway and reference), payment (one row per payment), settlement_hold
--   (one row per hold), settlement_finding (one row per finding)
-- writes: payments of the matching engine (one row per payment)
-- params: business_date
WITH found AS (
    SELECT p.payment_id
    FROM held_name AS n
    INNER JOIN payment AS p ON p.gateway = n.gateway AND p.gateway_ref = n.ref
    UNION
    SELECT p.payment_id
    FROM held_name AS n
    INNER JOIN payment AS p ON p.payment_ref = n.ref AND p.gateway = n.gateway
    UNION
    SELECT (f.evidence ->> 'related_payment_id')::bigint AS payment_id
    FROM settlement_finding AS f
    WHERE
        f.code = 'REFUND_EXCEEDS_CHARGE'
        AND f.business_date = (
            SELECT max(r.business_date) FROM settlement_run AS r
            WHERE r.business_date < :business_date
        )
)

SELECT
    p.payment_id::text AS payment_id,
    p.payment_ref AS order_ref,
    p.gateway,
    p.gateway_ref,
    p.kind,
    p.currency::text AS currency,
    p.amount_minor,
    p.captured_at AS booked_at,
    h.held_by AS settled_by,
    true AS carried
FROM found AS f
INNER JOIN payment AS p ON p.payment_id = f.payment_id
CROSS JOIN
    LATERAL (
        SELECT min(s.held_by) AS held_by
        FROM settlement_hold AS s
        WHERE s.payment_id = p.payment_id AND s.freed_on > :business_date
    ) AS h
WHERE h.held_by IS NOT null
