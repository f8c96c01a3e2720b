-- purpose: A row of a carrier's tracking file that could not be loaded: a parcel's news is missing.
-- severity: medium
-- grace: 1 run
-- remedy: Correct the row in the quarantine, or ask the carrier for the file again.
-- resolves: the row loads, or is discarded
-- reads: quarantine (one row per place), source_file (one row per file)
-- writes: one row per rejected row
-- params: as_of
SELECT
    'file:' || f.name || ':' || q.line_no AS subject,
    q.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    q.first_seen_at AS since,
    ARRAY[
        'partner:' || q.partner_id, 'feed:' || q.partner_id || '/TRACKING', 'file:' || f.name
    ] AS keys,
    jsonb_build_object(
        'quarantine_id', q.quarantine_id, 'field', q.field, 'value', q.value, 'rule', q.rule,
        'reason', q.reason
    ) AS evidence
FROM quarantine AS q
INNER JOIN source_file AS f ON f.source_file_id = q.source_file_id
WHERE
    q.status IN ('OPEN', 'CORRECTED') AND q.doc_type = 'TRACKING' AND q.first_seen_at <= :as_of
