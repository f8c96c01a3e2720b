-- purpose: kept cards whose last day is near, or over.
-- reads: nothing
-- writes: card_registration (one row per card)
-- params: as_of, today, near (the last day that counts as near)
UPDATE card_registration AS r
SET
    status = CASE WHEN r.expires_on < :today THEN 'INVALID' ELSE 'EXPIRING' END,
    status_at = :as_of,
    status_reason = CASE WHEN r.expires_on < :today THEN 'it has expired' END
WHERE
    (r.status IN ('VAULTED', 'ACTIVE') AND r.expires_on <= :near)
    OR (r.status = 'EXPIRING' AND r.expires_on < :today)
