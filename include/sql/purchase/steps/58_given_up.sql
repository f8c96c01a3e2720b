-- purpose: what is still unknown after the last question is a person's.
-- reads: purchase_terms
-- writes: purchase (PAY_UNKNOWN to MANUAL)
-- params: as_of
UPDATE purchase AS p SET
    status = 'MANUAL',
    status_at = :as_of,
    status_reason = 'no proof either way in time'
FROM purchase_terms AS t
WHERE p.status = 'PAY_UNKNOWN' AND p.watched_from + t.give_up_after <= :as_of
