-- purpose: The files of some vendors that want a functional acknowledgement and have none yet. A copy is
--   answered as the first was, under whatever name it came, since its sender may have missed our answer.
-- reads: source_file (one row per file that came; LOADED, REFUSED or DUPLICATE), partner_feed
--   (FUNCTIONAL_ACK), effect
-- writes: nothing; returns one row per file, in the order in which they came
-- params: vendor_ids (text[]); format_ids (text[]) are those whose standard wants an answer
SELECT
    f.source_file_id,
    f.partner_id AS vendor_id,
    f.name,
    f.sha256,
    f.format_id,
    k.effect_key,
    a.format_id AS answer_format_id
FROM source_file AS f
INNER JOIN partner_feed AS a
    ON f.partner_id = a.partner_id AND a.doc_type = 'FUNCTIONAL_ACK'
CROSS JOIN
    LATERAL (
        SELECT
            'FUNCTIONAL_ACK:' || f.source_file_id
            || CASE WHEN f.times_again > 0 THEN ':' || f.times_again ELSE '' END AS effect_key
    ) AS k
LEFT JOIN effect AS e ON e.effect_key = k.effect_key
WHERE
    f.partner_id = ANY(CAST(:vendor_ids AS text[]))
    AND f.format_id = ANY(CAST(:format_ids AS text[]))
    AND f.status IN ('LOADED', 'REFUSED', 'DUPLICATE')
    AND f.unanswered IS DISTINCT FROM 'no-envelope'
    AND e.effect_id IS NULL
ORDER BY f.source_file_id
