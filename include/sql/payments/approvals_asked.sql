-- purpose: charges that wait for a second person.
-- reads: payment_approval, tender, customer, card_registration (one row each per charge)
-- writes: nothing; one row per charge
-- params: as_of
SELECT
    a.payment_ref,
    t.order_ref,
    c.customer_ref,
    r.last_four,
    t.amount_minor,
    t.currency,
    a.usual_at_most_minor,
    t.asked_by,
    t.reason
FROM payment_approval AS a
INNER JOIN tender AS t ON a.payment_ref = t.payment_ref
INNER JOIN customer AS c ON t.customer_id = c.customer_id
INNER JOIN card_registration AS r ON t.card_registration_id = r.card_registration_id
WHERE a.status = 'ASKED' AND a.status_at <= :as_of AND t.status = 'HELD'
ORDER BY t.asked_at, a.payment_ref
