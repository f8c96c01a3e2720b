-- purpose: A vendor's file for which the acknowledgement that the vendor waits for (997, CONTRL) could not be
--   written, since its format cannot say it. A file that was refused has its own case.
-- severity: medium
-- grace: 1 run
-- remedy: Read the problem in the evidence, correct it or the format of the feed FUNCTIONAL_ACK; the next run
--   answers by itself. Tell the vendor meanwhile that its file has been loaded.
-- resolves: the answer is written
-- reads: source_file (one row per file)
-- writes: one row per partner and file name
-- params: as_of
SELECT
    'file:' || f.name AS subject,
    f.partner_id,
    NULL::bigint AS amount_minor,
    NULL::text AS currency,
    min(f.received_at) AS since,
    ARRAY['partner:' || f.partner_id, 'file:' || f.name] AS keys,
    jsonb_build_object('problem', min(f.unanswered), 'source_file_id', min(f.source_file_id))
        AS evidence
FROM source_file AS f
WHERE
    f.unanswered <> 'no-envelope'
    AND f.status IN ('LOADED', 'DUPLICATE')
    AND f.received_at <= :as_of
GROUP BY f.partner_id, f.name
