-- purpose: what is to be charged, once: by the card that its customer registered, or by a token that is
--   good for one charge. The database refuses a card of another customer.
-- reads: customer (one row), card_registration (at most one row)
-- writes: tender (one row, none where it is known)
-- params: payment_ref, entry_id, order_ref, sales_order_id, customer_id, gateway, currency, amount_minor,
--   registration_ref, once_token, asked_by, reason, as_of, status
INSERT INTO tender (
    payment_ref, entry_id, order_ref, sales_order_id, customer_id, gateway, currency, amount_minor,
    card_registration_id, once_token, asked_by, reason, asked_at, status, status_at
)
SELECT
    :payment_ref,
    cast(:entry_id AS uuid) AS entry_id,
    :order_ref,
    cast(:sales_order_id AS bigint) AS sales_order_id,
    :customer_id,
    :gateway,
    :currency,
    :amount_minor,
    r.card_registration_id,
    cast(:once_token AS text) AS once_token,
    :asked_by,
    cast(:reason AS text) AS reason,
    :as_of AS asked_at,
    :status,
    :as_of AS status_at
FROM (VALUES (cast(:registration_ref AS text))) AS g (registration_ref)
LEFT JOIN card_registration AS r ON g.registration_ref = r.registration_ref
ON CONFLICT (payment_ref) DO NOTHING
