-- purpose: Tracking events that are known, from this file or another.
-- reads: staged (one row per event), tracking_event (one row per event)
-- writes: staged_duplicate (one row per repeated row)
INSERT INTO staged_duplicate (source_file_id, line_no)
SELECT
    s.source_file_id,
    s.line_no
FROM (
    SELECT
        g.source_file_id,
        g.line_no,
        tracking_event_hash(g.carrier, g.tracking_no, g.status, g.occurred_at, g.location)
            AS event_hash,
        row_number() OVER (
            PARTITION BY g.carrier, g.tracking_no, g.status, g.occurred_at, g.location
            ORDER BY g.source_file_id, g.line_no
        ) AS copy
    FROM staged AS g
) AS s
LEFT JOIN tracking_event AS e ON s.event_hash = e.event_hash
WHERE s.copy > 1 OR e.event_hash IS NOT NULL
