-- purpose: the entries that can become orders: all their rows are valid, but for those that a person
--   discarded. One row per entry, with what its rows repeat.
-- reads: order_entry (row), quarantine (place)
-- writes: temporary table ready (entry)
-- params: as_of
CREATE TEMP TABLE ready ON COMMIT DROP AS
WITH entries AS (
    SELECT
        e.entry_id,
        min(e.captured_at) AS ordered_at
    FROM order_entry AS e
    LEFT JOIN quarantine AS q ON e.entry_row_id = q.entry_row_id AND q.status = 'DISCARDED'
    WHERE e.status IN ('RECEIVED', 'VALID', 'QUARANTINED') AND q.quarantine_id IS NULL
    GROUP BY e.entry_id
    HAVING bool_and(e.status = 'VALID' AND e.captured_at <= :as_of)
)

SELECT DISTINCT ON (e.entry_id)
    e.entry_id,
    n.ordered_at,
    e.storefront,
    e.order_ref,
    e.customer_ref,
    e.customer_name,
    e.customer_email,
    e.customer_phone,
    e.ship_name,
    e.ship_street,
    e.ship_city,
    e.ship_region,
    e.ship_postcode,
    e.ship_country,
    md5(jsonb_build_array(
        e.ship_name, e.ship_street, e.ship_city, e.ship_region, e.ship_postcode, e.ship_country
    )::text) AS address_hash,
    e.currency,
    e.promised_on,
    e.payments,
    e.brand,
    e.referral,
    e.ship_complete
FROM entries AS n
INNER JOIN order_entry AS e ON n.entry_id = e.entry_id
WHERE e.status = 'VALID'
ORDER BY e.entry_id, e.line_no
