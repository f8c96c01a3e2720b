-- purpose: notices that are not known to have gone and are due.
-- reads: notice, effect (one row each)
-- writes: nothing
-- params: as_of, natures (text[])
SELECT n.effect_id
FROM notice AS n
INNER JOIN effect AS e ON n.effect_id = e.effect_id
WHERE
    e.status <> 'CONFIRMED'
    AND e.next_attempt_at <= :as_of
    AND n.nature = any(cast(:natures AS text[]))
ORDER BY n.effect_id
