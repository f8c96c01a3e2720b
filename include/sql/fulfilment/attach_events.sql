-- purpose: Give tracking events without a parcel theirs: of the parcels with their number that were shipped
--   within so many days, the latest shipped before the event, else the first shipped after it.
-- reads: tracking_event (one row per event, without a parcel), parcel
-- writes: tracking_event (parcel_id), touched_parcel (one row per parcel that got events)
-- params: days_before, days_after (of the event, in which the parcel was shipped)
WITH
found AS (
    SELECT DISTINCT ON (e.tracking_event_id)
        e.tracking_event_id,
        p.parcel_id
    FROM tracking_event AS e
    INNER JOIN parcel AS p ON e.carrier = p.carrier AND e.tracking_no = p.tracking_no
    WHERE
        e.parcel_id IS NULL
        AND p.shipped_at >= e.occurred_at - make_interval(days => CAST(:days_before AS integer))
        AND p.shipped_at <= e.occurred_at + make_interval(days => CAST(:days_after AS integer))
    ORDER BY
        e.tracking_event_id ASC,
        (p.shipped_at <= e.occurred_at) DESC,
        abs(extract(EPOCH FROM p.shipped_at - e.occurred_at)) ASC,
        p.parcel_id ASC
),

attached AS (
    UPDATE tracking_event AS e
    SET parcel_id = f.parcel_id
    FROM found AS f
    WHERE e.tracking_event_id = f.tracking_event_id
    RETURNING e.parcel_id
)

INSERT INTO touched_parcel (parcel_id)
SELECT DISTINCT a.parcel_id FROM attached AS a
ON CONFLICT (parcel_id) DO NOTHING
