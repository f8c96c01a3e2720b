-- purpose: own stock as a ledger of movements, what becomes of each ordered piece, vendors' stock, and what
--   customers are told of it.

ALTER TABLE partner DROP CONSTRAINT partner_kind_check;
ALTER TABLE partner ADD CONSTRAINT partner_kind_check
CHECK (kind IN ('STOREFRONT', 'VENDOR', 'WAREHOUSE', 'CARRIER', 'GATEWAY', 'BANK'));

ALTER TABLE order_entry ADD COLUMN ship_complete boolean;
ALTER TABLE sales_order ADD COLUMN ship_complete boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN sales_order.ship_complete IS
'The customer wants everything at once: all lines are allocated and ordered together, or none.';

CREATE TABLE stock_item (
    sku text PRIMARY KEY REFERENCES product,
    shortage text NOT NULL DEFAULT 'PREORDER' CHECK (shortage IN ('PREORDER', 'VENDOR')),
    release_on date,
    expected_on date,
    on_hand integer NOT NULL DEFAULT 0,
    allocated integer NOT NULL DEFAULT 0,
    CONSTRAINT stock_item_covers CHECK (0 <= allocated AND allocated <= on_hand)
) WITH (fillfactor = 50);
COMMENT ON TABLE stock_item IS
'The articles that we keep ourselves; all others go to their vendors. on_hand and allocated are the
sums of the movements, kept by the database with each of them.';
COMMENT ON COLUMN stock_item.shortage IS
'What becomes of pieces that are not there: pre-ordered, or routed to the vendor as far as its fresh
stock feed has them.';
COMMENT ON COLUMN stock_item.release_on IS
'The first day (UTC) on which pieces may be allocated; until then every order is a pre-order.';
COMMENT ON COLUMN stock_item.expected_on IS
'When the next pieces are expected.';

CREATE TABLE line_part (
    line_part_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_line_id bigint NOT NULL REFERENCES order_line,
    part_no integer NOT NULL CHECK (part_no > 0),
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    paid_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'PENDING',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (order_line_id, part_no)
);
CREATE INDEX line_part_waiting ON line_part (sku, paid_at) WHERE status IN ('PENDING', 'PREORDER');
COMMENT ON TABLE line_part IS
'Pieces of an order line that share a fate: PENDING, ALLOCATED (own stock), PREORDER, VENDOR_ROUTED
or CANCELLED. A line without parts is pending as a whole: it is not paid, or no run has seen it. The
parts of a line always add up to what was ordered.';
COMMENT ON COLUMN line_part.paid_at IS
'When the order''s captured tenders first covered its total: first paid, first served.';

CREATE TABLE stock_movement (
    stock_movement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_doc text NOT NULL,
    line_no integer NOT NULL,
    kind text NOT NULL
    CHECK (kind IN ('RECEIPT', 'ADJUSTMENT', 'ALLOCATION', 'RELEASE', 'DISPATCH')),
    sku text NOT NULL,
    quantity integer NOT NULL
    CHECK (quantity > 0 OR (quantity < 0 AND kind = 'ADJUSTMENT')),
    on_hand_change integer NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN kind IN ('RECEIPT', 'ADJUSTMENT') THEN quantity
            WHEN kind = 'DISPATCH' THEN -quantity
            ELSE 0
        END
    ) STORED,
    allocated_change integer NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN kind = 'ALLOCATION' THEN quantity
            WHEN kind IN ('RELEASE', 'DISPATCH') THEN -quantity
            ELSE 0
        END
    ) STORED,
    order_line_id bigint REFERENCES order_line,
    source_file_id bigint REFERENCES source_file,
    occurred_at timestamptz NOT NULL,
    UNIQUE (source_doc, line_no, kind),
    CHECK ((order_line_id IS NULL) = (kind IN ('RECEIPT', 'ADJUSTMENT')))
);
CREATE INDEX stock_movement_order_line ON stock_movement (order_line_id)
WHERE order_line_id IS NOT NULL;
COMMENT ON TABLE stock_movement IS
'The ledger of own stock. One row per line of a document and kind: the warehouse''s receipts,
dispatches and corrections of a count, and our allocations (document: order and line; line: the
part) and their release.';
COMMENT ON COLUMN stock_movement.quantity IS
'Pieces, positive; of an adjustment with its sign.';

CREATE TRIGGER stock_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION sum_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unknown text;
BEGIN
    SELECT min(n.sku) INTO unknown
      FROM (SELECT DISTINCT r.sku FROM new_rows AS r) AS n
      LEFT JOIN stock_item AS i ON i.sku = n.sku
     WHERE i.sku IS NULL;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'stock_movement: % is no article of ours', unknown
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE stock_item AS i
       SET on_hand = i.on_hand + m.on_hand, allocated = i.allocated + m.allocated
      FROM (
        SELECT n.sku, sum(n.on_hand_change) AS on_hand, sum(n.allocated_change) AS allocated
          FROM new_rows AS n GROUP BY n.sku
      ) AS m
     WHERE i.sku = m.sku;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sum_stock IS
'Keeps the sums of a stock item, whose check says that 0 <= allocated <= on_hand, and refuses a
movement of any other article: it takes the place of a foreign key, since rows are many and articles
few.';
CREATE TRIGGER stock_item_kept BEFORE DELETE OR TRUNCATE ON stock_item
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movement_sums AFTER INSERT ON stock_movement
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sum_stock();

CREATE FUNCTION hold_line_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT l.order_line_id, l.quantity, p.parts INTO bad
      FROM (
        SELECT w.order_line_id, sum(w.quantity) AS parts FROM line_part AS w
         WHERE w.order_line_id IN (SELECT n.order_line_id FROM new_rows AS n)
         GROUP BY w.order_line_id
      ) AS p
      JOIN order_line AS l ON l.order_line_id = p.order_line_id
     WHERE l.quantity <> p.parts
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order line %: its parts are % pieces, % were ordered',
            bad.order_line_id, bad.parts, bad.quantity USING ERRCODE = 'check_violation';
    END IF;
    SELECT o.order_ref INTO bad
      FROM new_rows AS n
      JOIN order_line AS l ON l.order_line_id = n.order_line_id
      JOIN sales_order AS o ON o.sales_order_id = l.sales_order_id
     WHERE o.status NOT IN ('VERIFIED', 'READY_FOR_SHIPPING')
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'order % is not paid: nothing is kept for it', bad.order_ref
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION hold_line_parts IS
'Refuses parts that do not add up to their line, and parts of an order that is not paid.';
CREATE TRIGGER line_part_first AFTER INSERT ON line_part
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION hold_line_parts();
CREATE TRIGGER line_part_change AFTER UPDATE ON line_part
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION hold_line_parts();
CREATE TRIGGER line_part_kept BEFORE DELETE OR TRUNCATE ON line_part
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW order_line_stock AS
SELECT
    l.order_line_id,
    l.sales_order_id,
    l.line_no,
    l.sku,
    l.quantity AS ordered,
    l.quantity - coalesce(p.decided, 0) AS pending,
    coalesce(p.allocated, 0) AS allocated,
    coalesce(p.preordered, 0) AS preordered,
    coalesce(p.routed, 0) AS routed,
    coalesce(p.cancelled, 0) AS cancelled,
    coalesce(d.dispatched, 0) AS dispatched
FROM order_line AS l
LEFT JOIN LATERAL (
    SELECT
        sum(w.quantity) FILTER (WHERE w.status <> 'PENDING') AS decided,
        sum(w.quantity) FILTER (WHERE w.status = 'ALLOCATED') AS allocated,
        sum(w.quantity) FILTER (WHERE w.status = 'PREORDER') AS preordered,
        sum(w.quantity) FILTER (WHERE w.status = 'VENDOR_ROUTED') AS routed,
        sum(w.quantity) FILTER (WHERE w.status = 'CANCELLED') AS cancelled
    FROM line_part AS w
    WHERE w.order_line_id = l.order_line_id
) AS p ON TRUE
LEFT JOIN LATERAL (
    SELECT sum(m.quantity) AS dispatched
    FROM stock_movement AS m
    WHERE m.order_line_id = l.order_line_id AND m.kind = 'DISPATCH'
) AS d ON TRUE;
COMMENT ON VIEW order_line_stock IS
'What became of the pieces of each order line; dispatched ones are counted as allocated too.';

CREATE TABLE vendor_stock (
    vendor_id text NOT NULL REFERENCES partner,
    sku text NOT NULL,
    available integer NOT NULL CHECK (available >= 0),
    available_on date,
    as_at timestamptz NOT NULL,
    source_file_id bigint NOT NULL REFERENCES source_file,
    PRIMARY KEY (vendor_id, sku)
);
COMMENT ON TABLE vendor_stock IS
'What each vendor last said that it has, of any article; the newest count holds.';
COMMENT ON COLUMN vendor_stock.as_at IS
'When the vendor counted; where it does not say, when its file was received.';

CREATE TABLE vendor_draw (
    order_line_id bigint PRIMARY KEY REFERENCES order_line,
    vendor_id text NOT NULL REFERENCES partner,
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    drawn_at timestamptz NOT NULL
);
CREATE INDEX vendor_draw_stock ON vendor_draw (vendor_id, sku, drawn_at);
COMMENT ON TABLE vendor_draw IS
'Pieces of own articles that were routed to a vendor because its feed had them: what is drawn after
a count is no longer available by it.';

CREATE VIEW vendor_availability AS
SELECT
    s.vendor_id,
    s.sku,
    s.as_at,
    s.available_on,
    add_business_hours(
        p.calendar_id, p.zone, s.as_at, coalesce(f.promised_within_hours, 24)
    ) AS fresh_until,
    greatest(0, s.available - coalesce(d.drawn, 0)) AS available
FROM vendor_stock AS s
INNER JOIN partner AS p ON s.vendor_id = p.partner_id
LEFT JOIN partner_feed AS f ON s.vendor_id = f.partner_id AND f.doc_type = 'INVENTORY'
LEFT JOIN LATERAL (
    SELECT sum(w.quantity)::integer AS drawn
    FROM vendor_draw AS w
    WHERE w.vendor_id = s.vendor_id AND w.sku = s.sku AND w.drawn_at >= s.as_at
) AS d ON TRUE;
COMMENT ON VIEW vendor_availability IS
'What vendors have left by their last count, and until when that may be relied on: as many business
hours as the feed INVENTORY promises between two counts, 24 where it promises nothing.';

CREATE TABLE stock_notice (
    nature text NOT NULL,
    about text NOT NULL,
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    pieces jsonb NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (nature, about)
);
CREATE INDEX stock_notice_untold ON stock_notice (about) WHERE told_at IS NULL;
COMMENT ON TABLE stock_notice IS
'What a customer is to be told of an order, decided with the stock: one row per mail, named by the
first part that it is about. told_at says when its mail was planned.';

INSERT INTO notice_nature (nature, audience, active, subject, content, facts) VALUES
(
    'PREORDER', 'CUSTOMER', TRUE, 'Your order $order_ref: some articles will follow',
    'Thank you for your order $order_ref. These articles are not in stock yet. They are noted as a'
    ' pre-order, and we send them as soon as they arrive: $pieces',
    '{order_ref,pieces}'
),
(
    'PREORDER_FILLED', 'CUSTOMER', TRUE, 'Your order $order_ref: your pre-order has arrived',
    'Pre-ordered articles of your order $order_ref have arrived. We are preparing them: $pieces',
    '{order_ref,pieces}'
);

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('line_part', '', 'held', 'PENDING'),
('line_part', '', 'allocated', 'ALLOCATED'),
('line_part', '', 'not_in_stock', 'PREORDER'),
('line_part', '', 'routed', 'VENDOR_ROUTED'),
('line_part', 'PENDING', 'allocated', 'ALLOCATED'),
('line_part', 'PENDING', 'not_in_stock', 'PREORDER'),
('line_part', 'PENDING', 'routed', 'VENDOR_ROUTED'),
('line_part', 'PENDING', 'cancelled', 'CANCELLED'),
('line_part', 'PREORDER', 'received', 'ALLOCATED'),
('line_part', 'PREORDER', 'cancelled', 'CANCELLED'),
('line_part', 'ALLOCATED', 'cancelled', 'CANCELLED'),
('line_part', 'VENDOR_ROUTED', 'cancelled', 'CANCELLED');

SELECT guard_status('line_part', 'line_part');
