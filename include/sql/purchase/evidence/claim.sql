-- purpose: claim the unknown purchases whose time to ask has come and that nobody asks about: never
--   claimed, given back, past their lease, or claimed by one that died. Who waits longest comes first.
-- reads: purchase (one row each), purchase_tender
-- writes: purchase (fencing token, lease)
-- params: as_of, clock, lease_until, token, at_most
WITH due AS (
    SELECT p.purchase_id
    FROM purchase AS p
    WHERE
        p.status = 'PAY_UNKNOWN'
        AND p.next_ask_at <= :as_of
        AND p.purchase_id IN (SELECT t.purchase_id FROM purchase_tender AS t)
        AND (
            p.lease_until IS NULL
            OR p.lease_until < :clock
            OR pg_try_advisory_xact_lock_shared(
                hashtextextended('effect-claimer:' || p.fencing_token, 0)
            )
        )
    ORDER BY p.next_ask_at, p.purchase_id
    LIMIT :at_most
    FOR UPDATE SKIP LOCKED
)

UPDATE purchase AS p SET
    fencing_token = :token,
    lease_until = :lease_until
FROM due AS d
WHERE p.purchase_id = d.purchase_id
