-- purpose: the rest of the spool enters the table, in the order of the spool.
-- reads: spooled (row), staged_rejected, staged_duplicate (row of a file)
-- writes: order_entry (row)
-- params: none
INSERT INTO order_entry (
    entry_id, line_no, storefront, captured_at, spool, spool_seq, order_ref, customer_ref,
    customer_name, customer_email, customer_phone, ship_name, ship_street, ship_city, ship_region,
    ship_postcode, ship_country, currency, sku, description, quantity, unit_price_minor,
    freight_minor, line_total_minor, order_total_minor, promised_on, payments, brand, referral,
    ship_complete, status_at
)
SELECT
    (p.entry).entry_id,
    (p.entry).line_no,
    (p.entry).storefront,
    (p.entry).captured_at,
    (p.entry).spool,
    (p.entry).spool_seq,
    (p.entry).order_ref,
    (p.entry).customer_ref,
    (p.entry).customer_name,
    (p.entry).customer_email,
    (p.entry).customer_phone,
    (p.entry).ship_name,
    (p.entry).ship_street,
    (p.entry).ship_city,
    (p.entry).ship_region,
    (p.entry).ship_postcode,
    (p.entry).ship_country,
    (p.entry).currency,
    (p.entry).sku,
    (p.entry).description,
    (p.entry).quantity,
    (p.entry).unit_price_minor,
    (p.entry).freight_minor,
    (p.entry).line_total_minor,
    (p.entry).order_total_minor,
    (p.entry).promised_on,
    (p.entry).payments,
    (p.entry).brand,
    (p.entry).referral,
    (p.entry).ship_complete,
    p.received_at AS status_at
FROM spooled AS p
LEFT JOIN staged_rejected AS r
    ON p.source_file_id = r.source_file_id AND p.file_line = r.line_no
LEFT JOIN staged_duplicate AS d
    ON p.source_file_id = d.source_file_id AND p.file_line = d.line_no
WHERE r.line_no IS NULL AND d.line_no IS NULL
ORDER BY p.source_file_id, p.file_line
