-- purpose: up to which amount a kept card of a customer is charged without a second person.
-- reads: payment_band (one row per storefront and currency), tender, payment_attempt (of a year)
-- writes: nothing; one row
-- params: customer_id, currency, as_of
SELECT
    coalesce(max(greatest(b.usual_at_most_minor, floor(b.times_largest * l.largest))), 0)::bigint
        AS usual_at_most_minor
FROM customer AS c
INNER JOIN payment_band AS b ON c.storefront = b.storefront AND b.currency = :currency
LEFT JOIN LATERAL (
    SELECT max(t.captured_minor) AS largest
    FROM tender AS t
    WHERE
        t.customer_id = c.customer_id
        AND t.currency = b.currency
        AND t.status = 'DONE'
        AND t.asked_at BETWEEN cast(:as_of AS timestamptz) - interval '1 year' AND :as_of
) AS l ON true
WHERE c.customer_id = :customer_id
