-- purpose: the listed sales, the longest paid first.
-- reads: listed (sale)
-- writes: nothing; one row per sale
-- params: none
SELECT
    l.entry_id::text AS entry_id,
    l.order_ref,
    l.currency,
    l.paid_minor,
    l.paid_at,
    l.standing,
    l.standing_since,
    l.why
FROM listed AS l
ORDER BY l.paid_at, l.entry_id
