-- purpose: write order entries as a storefront captured them, all or none.
-- reads: nothing
-- writes: order_entry (row)
-- params: rows (JSON list of objects with columns of order_entry)
INSERT INTO order_entry (
    entry_id, line_no, storefront, captured_at, order_ref, customer_ref, customer_name,
    customer_email, customer_phone, ship_name, ship_street, ship_city, ship_region, ship_postcode,
    ship_country, currency, sku, description, quantity, unit_price_minor, freight_minor,
    line_total_minor, order_total_minor, promised_on, payments, brand, referral, ship_complete,
    status_at
)
SELECT
    e.entry_id,
    e.line_no,
    e.storefront,
    e.captured_at,
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
    e.currency,
    e.sku,
    e.description,
    e.quantity,
    e.unit_price_minor,
    e.freight_minor,
    e.line_total_minor,
    e.order_total_minor,
    e.promised_on,
    e.payments,
    e.brand,
    e.referral,
    e.ship_complete,
    coalesce(e.captured_at, 'epoch') AS status_at
FROM jsonb_array_elements(cast(:rows AS jsonb)) WITH ORDINALITY AS r (entry, place)
CROSS JOIN LATERAL jsonb_populate_record(NULL::order_entry, r.entry) AS e
ORDER BY r.place
