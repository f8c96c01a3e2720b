-- purpose: The tracking events as they were reported, each with its parcel where that is known (the choice
--   is that of attach_events).
-- reads: staged (one row per event) without staged_duplicate and staged_rejected, parcel
-- writes: tracking_event (one row per event), touched_parcel (one row per parcel that got events)
-- params: days_before, days_after (of the event, in which the parcel was shipped)
WITH
inserted AS (
    INSERT INTO tracking_event (
        event_hash, source_file_id, file_line, carrier, tracking_no, status, occurred_at, location,
        parcel_id
    )
    SELECT DISTINCT ON (s.source_file_id, s.line_no)
        tracking_event_hash(s.carrier, s.tracking_no, s.status, s.occurred_at, s.location)
            AS event_hash,
        s.source_file_id,
        s.line_no AS file_line,
        s.carrier,
        s.tracking_no,
        upper(s.status) AS status,
        s.occurred_at,
        s.location,
        p.parcel_id
    FROM staged AS s
    LEFT JOIN staged_duplicate AS d
        ON s.source_file_id = d.source_file_id AND s.line_no = d.line_no
    LEFT JOIN staged_rejected AS r
        ON s.source_file_id = r.source_file_id AND s.line_no = r.line_no
    LEFT JOIN parcel AS p
        ON
            s.carrier = p.carrier
            AND s.tracking_no = p.tracking_no
            AND p.shipped_at
            >= s.occurred_at - make_interval(days => CAST(:days_before AS integer))
            AND p.shipped_at
            <= s.occurred_at + make_interval(days => CAST(:days_after AS integer))
    WHERE d.source_file_id IS NULL AND r.source_file_id IS NULL
    ORDER BY
        s.source_file_id ASC,
        s.line_no ASC,
        (p.shipped_at <= s.occurred_at) DESC,
        abs(extract(EPOCH FROM p.shipped_at - s.occurred_at)) ASC,
        p.parcel_id ASC
    RETURNING parcel_id
)

INSERT INTO touched_parcel (parcel_id)
SELECT DISTINCT i.parcel_id FROM inserted AS i
WHERE i.parcel_id IS NOT NULL
ON CONFLICT (parcel_id) DO NOTHING
