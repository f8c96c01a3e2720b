-- purpose: The state of a parcel that its events amount to (the rule is fulfilment.rules.parcel_state):
--   the latest event that ends it, if there is one, else the latest event.
-- reads: touched_parcel, tracking_event (one row per event)
-- writes: parcel (status, delivered_at, last_event_at)
WITH
events AS (
    SELECT
        e.parcel_id,
        e.status,
        e.occurred_at,
        row_number() OVER (
            PARTITION BY e.parcel_id
            ORDER BY s.is_end DESC, e.status <> 'PRE_TRANSIT' DESC, e.occurred_at DESC, s.rank DESC
        ) AS place
    FROM touched_parcel AS t
    INNER JOIN tracking_event AS e ON t.parcel_id = e.parcel_id
    INNER JOIN (
        VALUES
        ('PRE_TRANSIT', 0, false),
        ('IN_TRANSIT', 1, false),
        ('EXCEPTION', 2, false),
        ('ATTEMPT_FAILED', 3, false),
        ('OUT_FOR_DELIVERY', 4, false),
        ('PICKUP_READY', 5, false),
        ('RETURNING', 6, false),
        ('LOST', 7, true),
        ('DELIVERED', 8, true),
        ('RETURNED', 9, true)
    ) AS s (state, rank, is_end) ON e.status = s.state
),

folded AS (
    SELECT
        v.parcel_id,
        max(v.status) FILTER (WHERE v.place = 1) AS status,
        max(v.occurred_at) FILTER (WHERE v.place = 1) AS status_at,
        min(v.occurred_at) FILTER (WHERE v.status = 'DELIVERED') AS delivered_at,
        max(v.occurred_at) AS last_event_at
    FROM events AS v
    GROUP BY v.parcel_id
)

UPDATE parcel AS p
SET
    status = f.status,
    status_at = CASE WHEN f.status = p.status THEN p.status_at ELSE f.status_at END,
    status_reason = CASE WHEN f.status = p.status THEN p.status_reason ELSE 'carrier''s scan' END,
    delivered_at = f.delivered_at,
    last_event_at = f.last_event_at
FROM folded AS f
WHERE p.parcel_id = f.parcel_id
