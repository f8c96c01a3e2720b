-- purpose: claim unfinished effects that nobody works on: never claimed, given back, past their
--   lease, or claimed by one that died (its lock on its token is free). A mail without an answer
--   cannot be asked for and is left to people, unless it may be repeated.
-- reads: effect, partner (one row per effect's partner)
-- writes: effect (fencing token, lease, attempts)
-- params: effect_ids, partner_ids, as_of, clock, lease_until, token
WITH due AS (
    SELECT e.effect_id
    FROM effect AS e
    WHERE
        e.status IN ('PLANNED', 'SENT', 'UNKNOWN', 'REFUSED')
        AND (
            e.kind <> 'MAIL'
            OR e.status <> 'UNKNOWN'
            OR cast(e.facts ->> 'repeatable' AS boolean)
        )
        AND e.next_attempt_at <= :as_of
        AND (
            e.effect_id = any(cast(:effect_ids AS bigint[]))
            OR e.partner_id = any(cast(:partner_ids AS text[]))
        )
        AND (
            e.lease_until IS NULL
            OR e.lease_until < :clock
            OR pg_try_advisory_xact_lock_shared(
                hashtextextended('effect-claimer:' || e.fencing_token, 0)
            )
        )
    ORDER BY e.effect_id
    FOR UPDATE SKIP LOCKED
)

UPDATE effect AS e
SET
    fencing_token = :token,
    lease_until = :lease_until,
    attempts = e.attempts + 1
FROM due AS d
LEFT JOIN effect AS o ON d.effect_id = o.effect_id
LEFT JOIN partner AS p ON o.partner_id = p.partner_id
WHERE e.effect_id = d.effect_id
RETURNING
    e.effect_id,
    e.kind,
    e.status,
    e.target,
    e.sha256,
    e.size_bytes,
    o.partner_id,
    coalesce(p.connection_id, e.facts ->> 'connection_id') AS connection_id,
    e.facts
