-- purpose: a customer whom intake has not met yet; one who is known stays as intake has him.
-- reads: nothing
-- writes: customer (at most one row)
-- params: storefront, customer_ref, holder, email
INSERT INTO customer (storefront, customer_ref, name, email)
VALUES (:storefront, :customer_ref, :holder, :email)
ON CONFLICT (storefront, customer_ref) DO NOTHING
