-- purpose: which of the notices to plan have not been planned before.
-- reads: new_notice (one row per notice to plan), notice
-- writes: nothing
-- params: none
SELECT
    n.nature,
    n.audience,
    n.about
FROM new_notice AS n
LEFT JOIN notice AS k
    ON n.nature = k.nature AND n.audience = k.audience AND n.about = k.about
WHERE k.notice_id IS NULL
ORDER BY n.nature, n.audience, n.about
