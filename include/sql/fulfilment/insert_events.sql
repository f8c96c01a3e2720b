-- purpose: The tracking events as they were reported; they find their parcels afterwards.
-- reads: staged (one row per event) without staged_duplicate and staged_rejected
-- writes: tracking_event (one row per event)
INSERT INTO tracking_event (
    event_hash, source_file_id, file_line, carrier, tracking_no, status, occurred_at, location
)
SELECT
    tracking_event_hash(s.carrier, s.tracking_no, s.status, s.occurred_at, s.location)
        AS event_hash,
    s.source_file_id,
    s.line_no AS file_line,
    s.carrier,
    s.tracking_no,
    upper(s.status) AS status,
    s.occurred_at,
    s.location
FROM staged AS s
LEFT JOIN staged_duplicate AS d
    ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
LEFT JOIN staged_rejected AS r
    ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
WHERE d.source_file_id IS NULL AND r.source_file_id IS NULL
ORDER BY s.source_file_id, s.line_no
