-- purpose: the effects of the keys that were to be planned, and whether their bytes are the same.
-- reads: planned_effect (one row per effect to plan), effect
-- writes: nothing
-- params: none
SELECT
    p.effect_key,
    p.partner_id,
    p.doc_type,
    e.effect_id,
    p.sha256 = e.sha256 AS same
FROM planned_effect AS p
LEFT JOIN effect AS e ON p.effect_key = e.effect_key
ORDER BY p.effect_key
