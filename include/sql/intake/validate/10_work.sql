-- purpose: the entry rows to judge now: captured by the instant, not yet in an order, not discarded.
--   An entry of which a row is still to come is left for later as a whole.
-- reads: order_entry (row), quarantine (place)
-- writes: temporary table work (row)
-- params: as_of
CREATE TEMP TABLE work ON COMMIT DROP AS
SELECT
    e.entry_row_id,
    e.entry_id,
    e.line_no,
    e.status
FROM order_entry AS e
LEFT JOIN quarantine AS q ON e.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
WHERE
    e.status IN ('RECEIVED', 'VALID', 'QUARANTINED')
    AND (e.captured_at <= :as_of OR e.captured_at IS NULL)
    AND q.quarantine_id IS NULL
    AND (
        e.entry_id IS NULL
        OR e.entry_id NOT IN (
            SELECT later.entry_id
            FROM order_entry AS later
            WHERE
                later.status = 'RECEIVED'
                AND later.captured_at > :as_of
                AND later.entry_id IS NOT NULL
        )
    )
