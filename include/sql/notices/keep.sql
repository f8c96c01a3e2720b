-- purpose: keep which mail tells of what.
-- reads: planned_notice (one row per mail)
-- writes: notice
-- params: none
INSERT INTO notice (nature, audience, about, effect_id)
SELECT
    p.nature,
    p.audience,
    p.about,
    p.effect_id
FROM planned_notice AS p
ORDER BY p.effect_id
