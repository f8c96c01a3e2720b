-- purpose: a purchase whose customer was told is resumed once there is a later attempt to pay it.
-- reads: standing (purchase), purchase_terms
-- writes: purchase (CUSTOMER_TOLD or EXPIRED to RESUMED)
-- params: none
UPDATE purchase AS p SET
    status = 'RESUMED',
    status_at = s.attempt_at,
    status_reason = 'the customer pays again',
    watched_from = s.attempt_at,
    asks = 0,
    next_ask_at = s.attempt_at + t.ask_after[1]
FROM standing AS s
CROSS JOIN purchase_terms AS t
WHERE
    p.purchase_id = s.purchase_id
    AND p.status IN ('CUSTOMER_TOLD', 'EXPIRED')
    AND s.attempt_no > p.told_attempt_no
