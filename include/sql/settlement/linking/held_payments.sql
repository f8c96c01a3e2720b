-- purpose: The payments that something holds and that a line is about which needs none of its own, or a refund.
-- reads: open_book (one row per open line: gateway, ref), payment (one row per payment), settlement_hold
--   (one row per hold), settlement_finding (one row per finding)
-- writes: payments of the matching engine (one row per payment)
-- params: business_date
WITH found AS (
    SELECT p.payment_id
    FROM open_book AS b
    INNER JOIN payment AS p ON p.gateway = b.gateway AND p.gateway_ref = b.ref
    UNION
    SELECT p.payment_id
    FROM open_book AS b
    INNER JOIN payment AS p ON p.gateway = b.gateway AND p.payment_ref = b.ref
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
    min(h.held_by) AS settled_by,
    true AS carried
FROM found AS f
INNER JOIN payment AS p ON p.payment_id = f.payment_id
INNER JOIN settlement_hold AS h
    ON h.payment_id = p.payment_id AND h.freed_on > :business_date
GROUP BY p.payment_id
