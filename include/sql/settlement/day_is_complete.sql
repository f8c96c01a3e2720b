-- purpose: Whether each gateway's file of a business day is in, with news since the last
--   reconciliation, so that a day is announced once and not every hour.
-- reads: partner, partner_feed (one row per gateway), source_file (one row per file), settlement_run
-- writes: one row: complete
-- params: as_of, zone
WITH day_files AS (
    SELECT
        f.partner_id,
        max(f.received_at) AS newest_at
    FROM source_file AS f
    WHERE
        f.doc_type = 'SETTLEMENT'
        AND f.status = 'LOADED'
        AND f.received_at <= :as_of
        AND (f.received_at AT TIME ZONE :zone)::date
        = (cast(:as_of AS timestamptz) AT TIME ZONE :zone)::date
    GROUP BY f.partner_id
)

SELECT
    count(*) > 0
    AND count(*) = count(d.partner_id)
    AND max(d.newest_at) > coalesce(
        (SELECT max(r.as_of) FROM settlement_run AS r), '-infinity'
    ) AS complete
FROM partner AS p
INNER JOIN partner_feed AS f ON f.partner_id = p.partner_id AND f.doc_type = 'SETTLEMENT'
LEFT JOIN day_files AS d ON d.partner_id = p.partner_id
WHERE p.kind = 'GATEWAY' AND p.active
