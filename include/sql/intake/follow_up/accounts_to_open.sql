-- purpose: the effects of accounts that are not known to be open and are due.
-- reads: order_account, effect (one row each)
-- writes: nothing
-- params: as_of
SELECT e.effect_id
FROM effect AS e
INNER JOIN order_account AS a ON e.effect_id = a.effect_id
WHERE e.kind = 'HTTP' AND e.status <> 'CONFIRMED' AND e.next_attempt_at <= :as_of
ORDER BY e.effect_id
