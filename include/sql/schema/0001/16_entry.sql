-- purpose: order entry by HTTP (keys, receipts), what intake knows of products and customers (bundles,
--   price lists, super-stores), services and accounts that orders open, and notices by mail.

CREATE TABLE storefront_key (
    key_id text PRIMARY KEY,
    storefront text NOT NULL REFERENCES partner,
    secret_sha256 text NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE storefront_key IS
'Keys by which storefronts capture entries; of the secret only the SHA-256 is kept. Who made or
revoked one, and why, is in audit_log.';

CREATE TABLE entry_receipt (
    entry_id uuid PRIMARY KEY,
    body_sha256 text NOT NULL,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE entry_receipt IS
'One row per entry that came by HTTP: the SHA-256 of what it said, so that the same entry again gets
the same answer and another one under its id is told apart.';

CREATE TABLE product_part (
    bundle_sku text NOT NULL REFERENCES product,
    part_no integer NOT NULL CHECK (part_no > 0),
    part_sku text NOT NULL REFERENCES product,
    quantity integer NOT NULL CHECK (quantity > 0),
    weight_minor bigint NOT NULL CHECK (weight_minor >= 0),
    PRIMARY KEY (bundle_sku, part_no),
    UNIQUE (bundle_sku, part_sku),
    CHECK (bundle_sku <> part_sku)
);
COMMENT ON COLUMN product_part.weight_minor IS
'What one unit of the part would cost alone: a bundle''s price is shared out by it.';

CREATE TABLE list_price (
    price_list text NOT NULL CHECK (price_list = 'SHIPPING'),
    sku text NOT NULL REFERENCES product,
    currency char(3) NOT NULL,
    valid_from timestamptz NOT NULL,
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    PRIMARY KEY (price_list, sku, currency, valid_from)
);
COMMENT ON TABLE list_price IS
'What super-stores pay; of several prices the newest at the time of capture holds.';

CREATE TABLE super_store (
    storefront text NOT NULL REFERENCES partner,
    customer_ref text NOT NULL,
    PRIMARY KEY (storefront, customer_ref)
);
COMMENT ON TABLE super_store IS
'Customers who sell on: they pay the shipping list, and their services wait for the end user.';

CREATE TABLE service (
    service_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_line_id bigint NOT NULL UNIQUE REFERENCES order_line,
    needs_end_user boolean NOT NULL,
    status text NOT NULL DEFAULT 'PENDING_ACTIVATION',
    status_at timestamptz NOT NULL,
    status_reason text
);
COMMENT ON COLUMN service.needs_end_user IS
'Sold to a super-store: activated only once its end user has confirmed the unit.';

CREATE TABLE order_account (
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    account text NOT NULL CHECK (account IN ('MAIL_BOX', 'DIRECTORY')),
    effect_id bigint NOT NULL UNIQUE REFERENCES effect,
    PRIMARY KEY (sales_order_id, account)
);
COMMENT ON TABLE order_account IS
'Accounts that a paid order opens; the effect says whether it is open.';

CREATE TABLE notice_nature (
    nature text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('CUSTOMER', 'STAFF')),
    active boolean NOT NULL DEFAULT true,
    subject text NOT NULL,
    content text NOT NULL,
    facts text[] NOT NULL,
    PRIMARY KEY (nature, audience)
);
COMMENT ON COLUMN notice_nature.facts IS
'What subject and content may name, written $name or ${name}.';

CREATE TABLE notice (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nature text NOT NULL,
    audience text NOT NULL,
    about text NOT NULL,
    effect_id bigint NOT NULL UNIQUE REFERENCES effect,
    UNIQUE (nature, audience, about),
    FOREIGN KEY (nature, audience) REFERENCES notice_nature
);
COMMENT ON TABLE notice IS 'One row per mail of a nature about one thing: it is told once.';

INSERT INTO notice_nature (nature, audience, active, subject, content, facts) VALUES
(
    'NEW_ORDER', 'CUSTOMER', true, 'Your order $order_ref',
    'Thank you for your order $order_ref. It is paid ($total), and we are preparing it.',
    '{order_ref,total}'
),
(
    'NEW_ORDER', 'STAFF', false, '[Tieout] New order $order_ref',
    'Order $order_ref came in by $storefront and is paid: $total.',
    '{order_ref,storefront,total}'
),
(
    'ACCOUNT_FAILURE', 'STAFF', true, '[Tieout] $account of order $order_ref is not open',
    'The accounts server has not opened the $account of order $order_ref: $reason',
    '{account,order_ref,reason}'
),
(
    'MAIL_FAILURE', 'STAFF', true, '[Tieout] Mail to a customer was not delivered',
    'The mail $mail about $about was not delivered: $reason',
    '{mail,about,reason}'
),
(
    'DATABASE_FAILURE', 'STAFF', true, '[Tieout] Order entry works without the database',
    'Since $since the database takes no entries ($reason). Orders go to the spool $spool.',
    '{since,reason,spool}'
);

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('service', '', 'ordered', 'PENDING_ACTIVATION');

SELECT guard_status('service', 'service');
