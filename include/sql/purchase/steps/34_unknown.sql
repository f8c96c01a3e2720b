-- purpose: nothing was heard of a purchase in time, so that the gateway is asked. One that waits for a second
--   person has not left: nothing can be heard of it.
-- reads: purchase (one row each), standing (purchase), purchase_terms
-- writes: purchase (CAPTURED, PAY_SENT or RESUMED to PAY_UNKNOWN)
-- params: as_of
UPDATE purchase AS p SET
    status = 'PAY_UNKNOWN',
    status_at = :as_of,
    status_reason = 'nothing was heard in time'
FROM purchase_terms AS t, purchase AS o
LEFT JOIN standing AS s ON o.purchase_id = s.purchase_id
WHERE
    p.purchase_id = o.purchase_id
    AND p.status IN ('CAPTURED', 'PAY_SENT', 'RESUMED')
    AND p.watched_from + t.ask_after[1] <= :as_of
    AND NOT coalesce(p.status = 'PAY_SENT' AND (s.is_paid OR s.is_declined), FALSE)
    AND NOT coalesce(s.is_held, FALSE)
