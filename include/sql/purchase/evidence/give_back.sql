-- purpose: give the claimed purchases back. Those whose gateways answered are asked about again at the
--   next step of the ladder, the others as soon as may be.
-- reads: purchase (one row each), purchase_tender, purchase_terms
-- writes: purchase (next_ask_at, lease)
-- params: token, as_of, silent (gateways that did not answer)
UPDATE purchase AS p SET
    lease_until = NULL,
    asks = p.asks + CASE WHEN a.answered THEN 1 ELSE 0 END,
    next_ask_at = CASE WHEN a.answered THEN a.next_ask_at ELSE p.next_ask_at END
FROM (
    SELECT
        o.purchase_id,
        coalesce(
            min(o.watched_from + s.step) FILTER (WHERE o.watched_from + s.step > :as_of),
            cast(:as_of AS timestamptz) + min(t.ask_again)
        ) AS next_ask_at,
        NOT bool_or(g.gateway = any(cast(:silent AS text[]))) AS answered
    FROM purchase AS o
    INNER JOIN purchase_tender AS g ON o.purchase_id = g.purchase_id
    CROSS JOIN purchase_terms AS t
    CROSS JOIN LATERAL unnest(t.ask_after) AS s (step)
    WHERE o.fencing_token = :token AND o.lease_until IS NOT NULL
    GROUP BY o.purchase_id
) AS a
WHERE p.purchase_id = a.purchase_id AND p.fencing_token = :token
