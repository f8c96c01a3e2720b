-- purpose: claim attempts that nobody works on: never claimed, given back, past their lease, or claimed
--   by one that died (its lock on its token is free). What has never left, or is proved not to have,
--   is claimed only while its tender is due and no later attempt has taken its place.
-- reads: payment_attempt, tender (one row per attempt), payment_attempt (the one that it follows)
-- writes: payment_attempt (fencing token, lease)
-- params: attempt_ids (null: all whose time has come), as_of, asking (take also what may not
--   go out any more), clock, lease_until, token, at_most
WITH due AS (
    SELECT a.payment_attempt_id
    FROM payment_attempt AS a
    WHERE
        a.status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN', 'NOT_SENT')
        AND (
            a.payment_attempt_id = any(cast(:attempt_ids AS bigint[]))
            OR (cast(:attempt_ids AS bigint[]) IS NULL AND a.next_act_at <= :as_of)
        )
        AND (
            cast(:asking AS boolean)
            OR a.status NOT IN ('INIT', 'NOT_SENT')
            OR a.of_attempt_id IS NOT NULL
            OR (
                EXISTS (
                    SELECT FROM tender AS t
                    WHERE t.payment_ref = a.payment_ref AND t.status = 'DUE'
                )
                AND NOT EXISTS (
                    SELECT FROM payment_attempt AS l
                    WHERE
                        l.payment_ref = a.payment_ref
                        AND l.attempt_no > a.attempt_no
                        AND l.of_attempt_id IS NULL
                )
            )
        )
        AND (
            a.lease_until IS NULL
            OR a.lease_until < :clock
            OR pg_try_advisory_xact_lock_shared(
                hashtextextended('effect-claimer:' || a.fencing_token, 0)
            )
        )
    ORDER BY a.next_act_at, a.payment_attempt_id
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
)

UPDATE payment_attempt AS a
SET
    fencing_token = :token,
    lease_until = :lease_until
FROM due AS d
LEFT JOIN payment_attempt AS s ON d.payment_attempt_id = s.payment_attempt_id
LEFT JOIN payment_attempt AS o ON s.of_attempt_id = o.payment_attempt_id
LEFT JOIN tender AS t ON s.payment_ref = t.payment_ref
LEFT JOIN customer AS c ON t.customer_id = c.customer_id
WHERE a.payment_attempt_id = d.payment_attempt_id
RETURNING
    a.payment_attempt_id,
    a.our_ref,
    a.payment_ref,
    a.kind,
    a.status,
    a.gateway,
    a.currency,
    a.amount_minor,
    a.first_sent_at,
    (
        SELECT min(f.first_sent_at) FROM payment_attempt AS f
        WHERE f.payment_ref = a.payment_ref
    ) AS begun_at,
    coalesce(a.profile, '') AS profile,
    coalesce(a.token, t.once_token, '') AS token,
    coalesce(a.last_four, '') AS last_four,
    coalesce(a.customer_name, c.name, '') AS customer_name,
    coalesce(a.customer_email, c.email, '') AS customer_email,
    c.customer_ref,
    t.order_ref,
    a.card_registration_id IS NOT NULL AS is_registered,
    t.sales_order_id IS NOT NULL AS is_of_order,
    t.status AS tender_status,
    coalesce(o.gateway_ref, '') AS of_gateway_ref,
    coalesce(o.our_ref, '') AS of_our_ref
