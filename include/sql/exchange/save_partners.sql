-- purpose: write partners; what a known partner had is replaced.
-- reads: new_partner (one row per partner)
-- writes: partner
-- params: none
INSERT INTO partner AS p (partner_id, kind, name, connection_id, calendar_id, zone, active)
SELECT
    n.partner_id,
    n.kind,
    n.name,
    n.connection_id,
    n.calendar_id,
    n.zone,
    n.active
FROM new_partner AS n
ORDER BY n.partner_id
ON CONFLICT (partner_id) DO UPDATE SET
    kind = excluded.kind,
    name = excluded.name,
    connection_id = excluded.connection_id,
    calendar_id = excluded.calendar_id,
    zone = excluded.zone,
    active = excluded.active
WHERE p IS DISTINCT FROM excluded
