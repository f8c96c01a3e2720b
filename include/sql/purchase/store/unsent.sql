-- purpose: switches that storefronts are not known to have heard of.
-- reads: effect (one row each)
-- writes: nothing; one row per effect
-- params: as_of
SELECT e.effect_id
FROM effect AS e
WHERE
    e.kind = 'HTTP'
    AND e.effect_key LIKE 'store:%'
    AND e.status <> 'CONFIRMED'
    AND e.next_attempt_at <= :as_of
ORDER BY e.effect_id
