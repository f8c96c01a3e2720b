-- purpose: take card numbers out of the rows that hold one, before anything copies them.
-- reads: verdict (row)
-- writes: order_entry (row with a card number)
-- params: none
UPDATE order_entry AS e SET
    customer_name = mask_card_numbers(e.customer_name),
    customer_email = mask_card_numbers(e.customer_email),
    customer_phone = mask_card_numbers(e.customer_phone),
    ship_name = mask_card_numbers(e.ship_name),
    ship_street = mask_card_numbers(e.ship_street),
    ship_city = mask_card_numbers(e.ship_city),
    ship_region = mask_card_numbers(e.ship_region),
    ship_postcode = mask_card_numbers(e.ship_postcode),
    description = mask_card_numbers(e.description),
    brand = mask_card_numbers(e.brand),
    referral = mask_card_numbers(e.referral),
    payments = without_cards(e.payments)
FROM verdict AS v
WHERE
    e.entry_row_id = v.entry_row_id
    AND v.rule = 'card-number'
    AND mask_card_numbers(free_text_of(e)) <> free_text_of(e)
