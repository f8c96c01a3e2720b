-- purpose: a paid purchase whose entry a person has discarded can be no order: its money goes back.
-- reads: order_entry (row), quarantine (place)
-- writes: purchase (PAID to REFUND_DUE)
-- params: as_of
UPDATE purchase AS p SET
    status = 'REFUND_DUE',
    status_at = :as_of,
    status_reason = 'its entry was discarded'
WHERE
    p.status = 'PAID'
    AND p.entry_id IN (
        SELECT e.entry_id
        FROM quarantine AS q
        INNER JOIN order_entry AS e ON q.entry_row_id = e.entry_row_id
        WHERE q.status = 'DISCARDED' AND e.status <> 'DUPLICATE'
    )
    AND NOT EXISTS (
        SELECT FROM order_entry AS e
        LEFT JOIN quarantine AS q ON e.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
        WHERE e.entry_id = p.entry_id AND e.status <> 'DUPLICATE' AND q.quarantine_id IS NULL
    )
