-- purpose: an unknown purchase is not paid when every reference of a tender that is not captured is
--   proved to be absent, and nothing is under way or still to come by itself.
-- reads: purchase (one row each), purchase_reference (reference), absent (reference), purchase_tender_state (tender)
-- writes: purchase (PAY_UNKNOWN or MANUAL to NOT_PAID)
-- params: as_of
UPDATE purchase AS p SET
    status = 'NOT_PAID',
    status_at = :as_of,
    status_reason = 'the gateway has nothing, by three proofs'
FROM (
    SELECT r.purchase_id
    FROM purchase AS w
    INNER JOIN purchase_reference AS r ON w.purchase_id = r.purchase_id
    INNER JOIN purchase_tender_state AS t ON r.payment_ref = t.payment_ref
    LEFT JOIN absent AS a ON r.purchase_id = a.purchase_id AND r.our_ref = a.our_ref
    WHERE w.status IN ('PAY_UNKNOWN', 'MANUAL') AND NOT t.is_captured
    GROUP BY r.purchase_id
    HAVING
        bool_and(
            coalesce(r.attempt_status IN ('SOFT_DECLINE', 'HARD_DECLINE'), FALSE)
            OR a.our_ref IS NOT NULL
        )
        AND NOT bool_or(t.is_live)
) AS n
WHERE p.purchase_id = n.purchase_id
