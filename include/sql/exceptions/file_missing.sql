-- purpose: Files that a partner left out: it numbers its files without holes, and numbers before and after
--   have come. A file that came and was refused is not missing.
-- severity: high
-- grace: 2 hours
-- inhibited-by: FILE_REFUSED by feed, PARTNER_UNREACHABLE by feed, EFFECT_STUCK by partner
-- remedy: Send the partner the missing numbers and the names of the files before and after, and ask for what
--   is between them; it loads by itself.
-- resolves: the missing file comes
-- reads: control_number_gap (one row per gap), partner_feed (one row per partner and document type)
-- writes: one row per gap
-- params: as_of
SELECT
    g.doc_type || ':' || g.first_missing || '-' || g.last_missing AS subject,
    g.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    g.since,
    ARRAY[
        'partner:' || g.partner_id,
        'doc:' || g.doc_type,
        'feed:' || g.partner_id || '/' || g.doc_type
    ] AS keys,
    jsonb_build_object(
        'doc_type', g.doc_type, 'missing', g.missing, 'first_missing', g.first_missing,
        'last_missing', g.last_missing, 'before', g.before_name, 'after', g.after_name
    ) AS evidence
FROM control_number_gap AS g
INNER JOIN partner_feed AS f ON g.partner_id = f.partner_id AND g.doc_type = f.doc_type
WHERE f.consecutive AND g.since <= :as_of
