-- purpose: plan effects; a key that is known keeps its effect. A file goes to its feed's directory.
-- reads: planned_effect (one row per effect to plan), partner_feed
-- writes: effect (PLANNED)
-- params: as_of
INSERT INTO effect (
    effect_key, kind, partner_id, target, sha256, size_bytes, facts, next_attempt_at, status_at
)
SELECT
    p.effect_key,
    p.kind,
    p.partner_id,
    CASE
        WHEN p.kind <> 'SFTP_PUT' THEN p.name
        WHEN f.directory = '' THEN p.name
        ELSE rtrim(f.directory, '/') || '/' || p.name
    END AS target,
    p.sha256,
    p.size_bytes,
    cast(p.facts AS jsonb) || jsonb_build_object('doc_type', p.doc_type, 'name', p.name),
    :as_of,
    :as_of
FROM planned_effect AS p
LEFT JOIN partner_feed AS f ON p.partner_id = f.partner_id AND p.doc_type = f.doc_type
-- a file without a feed has no place to go to: the caller is told
WHERE p.kind <> 'SFTP_PUT' OR f.directory IS NOT NULL
ORDER BY p.effect_key
ON CONFLICT (effect_key) DO NOTHING
