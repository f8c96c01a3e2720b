-- purpose: a paid purchase whose entry a person has discarded can be no order: its money goes back.
-- reads: order_entry (row), quarantine (place)
-- writes: purchase (PAID to REFUND_DUE)
-- params: as_of
UPDATE purchase AS p SET
    status = 'REFUND_DUE',
    status_at = :as_of,
    status_reason = 'its entry was discarded'
FROM (
    SELECT e.entry_id
    FROM order_entry AS e
    INNER JOIN purchase AS w ON e.entry_id = w.entry_id AND w.status = 'PAID'
    LEFT JOIN quarantine AS q ON e.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
    WHERE e.status <> 'DUPLICATE'
    GROUP BY e.entry_id
    HAVING bool_and(q.quarantine_id IS NOT NULL)
) AS d
WHERE p.entry_id = d.entry_id AND p.status = 'PAID'
