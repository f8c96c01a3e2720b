-- purpose: order entry as it is captured, and the normalised orders that come of it.

CREATE TABLE order_entry (
    entry_row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id uuid,
    line_no integer,
    storefront text,
    captured_at timestamptz,
    spool text,
    spool_seq bigint,
    order_ref text,
    customer_ref text,
    customer_name text,
    customer_email text,
    customer_phone text,
    ship_name text,
    ship_street text,
    ship_city text,
    ship_region text,
    ship_postcode text,
    ship_country text,
    currency text,
    sku text,
    description text,
    quantity integer,
    unit_price_minor bigint,
    freight_minor bigint,
    line_total_minor bigint,
    order_total_minor bigint,
    promised_on date,
    payments jsonb,
    brand text,
    referral text,
    status text NOT NULL DEFAULT 'RECEIVED',
    status_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    status_reason text
);
CREATE INDEX order_entry_key ON order_entry (entry_id, line_no);
CREATE INDEX order_entry_work ON order_entry (entry_row_id)
WHERE status IN ('RECEIVED', 'VALID', 'QUARANTINED');
COMMENT ON TABLE order_entry IS
'One row per order line as the storefront captured it, before any payment. It has no unique key, no
foreign key and no check beyond types, so that capture cannot fail for want of anything else; intake
judges later. An order without lines is one row with line_no 0 and no sku.';
COMMENT ON COLUMN order_entry.payments IS
'The tenders of the whole order, repeated on each of its rows: a list of {"seq", "payment_ref",
"method", "gateway", "account", "gateway_ref", "amount_minor", "captured_at", "state"}; state is
CAPTURED, DECLINED or PENDING.';

CREATE TABLE customer (
    customer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    storefront text NOT NULL REFERENCES partner,
    customer_ref text NOT NULL,
    name text,
    email text,
    phone text,
    UNIQUE (storefront, customer_ref)
);

CREATE TABLE address (
    address_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer,
    address_hash text NOT NULL,
    name text,
    street text,
    city text,
    region text,
    postcode text,
    country text,
    UNIQUE (customer_id, address_hash)
);

CREATE TABLE product (
    sku text PRIMARY KEY,
    description text NOT NULL,
    vendor_id text REFERENCES partner,
    active boolean NOT NULL DEFAULT true,
    kind text NOT NULL DEFAULT 'GOODS' CHECK (kind IN ('GOODS', 'SERVICE', 'BUNDLE')),
    accounts text[] NOT NULL DEFAULT '{}' CHECK (accounts <@ ARRAY['MAIL_BOX', 'DIRECTORY']),
    CHECK (num_nonnulls(vendor_id) = CASE kind WHEN 'GOODS' THEN 1 ELSE 0 END),
    CHECK (kind = 'SERVICE' OR accounts = '{}')
);
COMMENT ON COLUMN product.vendor_id IS
'Who sends the goods; a service is activated and a bundle taken apart, so that neither has one.';
COMMENT ON COLUMN product.accounts IS
'What is opened for the customer once an order of the service is paid.';

CREATE TABLE sales_order (
    sales_order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_ref text NOT NULL UNIQUE,
    entry_id uuid NOT NULL UNIQUE,
    storefront text NOT NULL REFERENCES partner,
    customer_id bigint NOT NULL REFERENCES customer,
    address_id bigint NOT NULL REFERENCES address,
    ordered_at timestamptz NOT NULL,
    promised_on date,
    currency char(3) NOT NULL,
    total_minor bigint NOT NULL,
    basket_hash text NOT NULL,
    price_list text NOT NULL DEFAULT 'RETAIL' CHECK (price_list IN ('RETAIL', 'SHIPPING')),
    brand text,
    referral text,
    status text NOT NULL DEFAULT 'PENDING_CARD',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE INDEX sales_order_work ON sales_order (status)
WHERE status IN ('PENDING_CARD', 'ACCEPTED', 'VERIFIED');
CREATE INDEX sales_order_basket ON sales_order (customer_id, basket_hash, ordered_at);

CREATE TABLE order_line (
    order_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    line_no integer NOT NULL,
    entry_row_id bigint NOT NULL REFERENCES order_entry,
    bundle_sku text REFERENCES product,
    sku text NOT NULL REFERENCES product,
    vendor_id text REFERENCES partner,
    description text,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    freight_minor bigint NOT NULL CHECK (freight_minor >= 0),
    remainder_minor bigint NOT NULL DEFAULT 0 CHECK (remainder_minor >= 0),
    line_total_minor bigint NOT NULL,
    UNIQUE (sales_order_id, line_no),
    UNIQUE (entry_row_id, sku),
    CHECK (line_total_minor = quantity * unit_price_minor + freight_minor + remainder_minor),
    CHECK (remainder_minor < quantity AND remainder_minor <= quantity * num_nonnulls(bundle_sku))
);
COMMENT ON COLUMN order_line.bundle_sku IS
'The bundle that the line was sold in under one price; null where it has a price of its own.';
COMMENT ON COLUMN order_line.remainder_minor IS
'Of the line''s share of a bundle''s price, what is left over after whole unit prices.';

CREATE TABLE payment (
    payment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_ref text NOT NULL UNIQUE,
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    seq integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'refund')),
    method text NOT NULL,
    gateway text REFERENCES partner,
    gateway_ref text,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    captured_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('CAPTURED', 'DECLINED', 'PENDING')),
    UNIQUE (sales_order_id, seq)
);
COMMENT ON COLUMN payment.payment_ref IS
'Our reference as the gateway repeats it on its settlement.';
