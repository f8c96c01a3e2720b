-- purpose: The active vendors whose files are looked for now, those of one server together: who has an open
--   vendor order, or one that changed lately, or sent a file lately; who has something that a person put
--   right; and everybody else whose folders were not seen well within a day, so that nothing is lost. What
--   the same instant has seen is looked for again, so that a run that died can be repeated.
-- reads: partner, partner_feed (one row per partner and type of document), partner_contact (one row per
--   feed), vendor_order (one row per order and vendor), source_file (one row per file), quarantine
-- writes: nothing; returns one row per vendor
-- params: doc_types (text[]), as_of, days_lively, hours_between_rounds
WITH feed AS (
    SELECT
        f.partner_id,
        f.doc_type,
        f.complete_by
    FROM partner_feed AS f
    WHERE f.doc_type = ANY(CAST(:doc_types AS text[]))
),

due AS (
    SELECT o.vendor_id AS partner_id FROM vendor_order AS o
    WHERE
        o.status IN ('WRITTEN', 'DELIVERED', 'RECEIPTED', 'ACCEPTED', 'PARTIAL', 'BACKORDERED')
        OR (
            o.status IN ('SHIPPED', 'REJECTED')
            AND o.status_at > CAST(:as_of AS timestamptz) - :days_lively * interval '1 day'
        )
    UNION
    SELECT s.partner_id FROM source_file AS s
    WHERE
        s.doc_type = ANY(CAST(:doc_types AS text[]))
        AND (
            s.status = 'ACCEPTED'
            OR s.received_at > CAST(:as_of AS timestamptz) - :days_lively * interval '1 day'
        )
    UNION
    SELECT q.partner_id FROM quarantine AS q
    WHERE q.status = 'CORRECTED' AND q.doc_type = ANY(CAST(:doc_types AS text[]))
    UNION
    SELECT f.partner_id
    FROM feed AS f
    LEFT JOIN partner_contact AS c ON f.partner_id = c.partner_id AND f.doc_type = c.doc_type
    WHERE
        f.complete_by = 'stable'
        OR c.last_ok_at IS NULL
        OR c.problem IS NOT NULL
        OR c.last_ok_at >= :as_of
        OR c.last_ok_at
        <= CAST(:as_of AS timestamptz) - :hours_between_rounds * interval '1 hour'
)

SELECT
    p.partner_id,
    p.name
FROM partner AS p
WHERE
    p.kind = 'VENDOR'
    AND p.active
    AND p.partner_id IN (SELECT f.partner_id FROM feed AS f)
    AND p.partner_id IN (SELECT d.partner_id FROM due AS d)
ORDER BY p.connection_id NULLS FIRST, p.partner_id
