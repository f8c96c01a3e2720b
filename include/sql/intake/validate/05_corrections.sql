-- purpose: write what a person corrected into the entry rows, before they are judged again.
-- reads: quarantine (place), order_entry (row)
-- writes: order_entry (row in quarantine with a correction that can be read)
-- params: none
UPDATE order_entry AS e SET
    entry_id = n.entry_id,
    line_no = n.line_no,
    storefront = n.storefront,
    captured_at = n.captured_at,
    order_ref = n.order_ref,
    customer_ref = n.customer_ref,
    customer_name = n.customer_name,
    customer_email = n.customer_email,
    customer_phone = n.customer_phone,
    ship_name = n.ship_name,
    ship_street = n.ship_street,
    ship_city = n.ship_city,
    ship_region = n.ship_region,
    ship_postcode = n.ship_postcode,
    ship_country = n.ship_country,
    currency = n.currency,
    sku = n.sku,
    description = n.description,
    quantity = n.quantity,
    unit_price_minor = n.unit_price_minor,
    freight_minor = n.freight_minor,
    line_total_minor = n.line_total_minor,
    order_total_minor = n.order_total_minor,
    promised_on = n.promised_on,
    payments = n.payments,
    brand = n.brand,
    referral = n.referral,
    ship_complete = n.ship_complete
FROM (
    SELECT
        b.entry_row_id AS corrected_row_id,
        c.*
    FROM quarantine AS q
    INNER JOIN order_entry AS b ON q.entry_row_id = b.entry_row_id
    CROSS JOIN LATERAL corrected_entry(b, q.corrected) AS c
    WHERE q.status = 'CORRECTED' AND b.status = 'QUARANTINED'
) AS n
WHERE e.entry_row_id = n.corrected_row_id AND n.entry_row_id IS NOT NULL
