-- purpose: that a card was looked at, and with what verdict.
-- reads: nothing
-- writes: card_check (one row)
-- params: storefront, customer_ref, last_four, verdict, as_of
INSERT INTO card_check (storefront, customer_ref, last_four, verdict, checked_at)
VALUES (:storefront, :customer_ref, :last_four, :verdict, :as_of)
