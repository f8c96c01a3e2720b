-- purpose: vendor orders out, their answers, parcels and tracking in.

CREATE TABLE vendor_order (
    vendor_order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor_order_no text NOT NULL UNIQUE,
    revision integer NOT NULL DEFAULT 1,
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    vendor_id text NOT NULL REFERENCES partner,
    ship_by date,
    effect_id bigint REFERENCES effect,
    status text NOT NULL DEFAULT 'PLANNED',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (sales_order_id, vendor_id, revision)
);
CREATE INDEX vendor_order_work ON vendor_order (vendor_id, status)
WHERE status IN ('PLANNED', 'WRITTEN');
CREATE INDEX vendor_order_effect ON vendor_order (effect_id);

CREATE TABLE vendor_order_line (
    vendor_order_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor_order_id bigint NOT NULL REFERENCES vendor_order,
    line_no integer NOT NULL,
    order_line_id bigint NOT NULL REFERENCES order_line,
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    accepted integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    backordered integer NOT NULL DEFAULT 0,
    shipped integer NOT NULL DEFAULT 0,
    reason text,
    UNIQUE (vendor_order_id, line_no),
    UNIQUE (vendor_order_id, order_line_id),
    CHECK (accepted + rejected + backordered <= quantity)
);

CREATE TABLE vendor_answer (
    vendor_answer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    vendor_id text NOT NULL REFERENCES partner,
    vendor_order_no text NOT NULL,
    line_no integer NOT NULL,
    sku text,
    accepted integer NOT NULL,
    rejected integer NOT NULL,
    backordered integer NOT NULL,
    reason text,
    expected_on date,
    answered_at timestamptz NOT NULL,
    vendor_order_line_id bigint REFERENCES vendor_order_line,
    UNIQUE (source_file_id, file_line, line_no)
);
CREATE INDEX vendor_answer_order ON vendor_answer (vendor_order_no, line_no);
COMMENT ON TABLE vendor_answer IS 'What a vendor said per line, as said; the latest word counts.';

CREATE VIEW answer_time AS
SELECT
    f.source_file_id,
    coalesce(CAST(f.facts ->> 'created_at' AS timestamptz), f.received_at) AS answered_at
FROM source_file AS f
WHERE f.doc_type = 'ACKNOWLEDGEMENT';
COMMENT ON VIEW answer_time IS
'When a vendor gave the answers of a file: as its header says, else when the file was received.';

CREATE TABLE parcel (
    parcel_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    carrier text NOT NULL REFERENCES partner,
    tracking_no text NOT NULL,
    ship_day date NOT NULL,
    vendor_order_id bigint NOT NULL REFERENCES vendor_order,
    shipped_at timestamptz NOT NULL,
    delivered_at timestamptz,
    last_event_at timestamptz,
    status text NOT NULL DEFAULT 'PRE_TRANSIT',
    status_at timestamptz NOT NULL,
    status_reason text,
    number_fault text CHECK (number_fault IN ('shape', 'check-digit')),
    UNIQUE (carrier, tracking_no, ship_day)
);
CREATE INDEX parcel_vendor_order ON parcel (vendor_order_id);
COMMENT ON TABLE parcel IS 'Tracking numbers are recycled: the day of shipping is part of the key.';
COMMENT ON COLUMN parcel.number_fault IS
'What is wrong with the number by its carrier''s rules; null where nothing is, or none are known.';

CREATE TABLE shipment_line (
    shipment_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    vendor_id text NOT NULL REFERENCES partner,
    vendor_order_no text NOT NULL,
    line_no integer NOT NULL,
    sku text,
    quantity integer NOT NULL,
    carrier text NOT NULL,
    tracking_no text NOT NULL,
    shipped_at timestamptz NOT NULL,
    vendor_order_line_id bigint REFERENCES vendor_order_line,
    parcel_id bigint REFERENCES parcel,
    UNIQUE (source_file_id, file_line)
);
CREATE INDEX shipment_line_order ON shipment_line (vendor_order_no, line_no);
COMMENT ON COLUMN shipment_line.vendor_order_line_id IS
'Null while the order is unknown or the shipment waits for its acknowledgement.';

CREATE TABLE tracking_event (
    tracking_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_hash text NOT NULL UNIQUE,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    carrier text NOT NULL REFERENCES partner,
    tracking_no text NOT NULL,
    status text NOT NULL,
    occurred_at timestamptz NOT NULL,
    location text,
    parcel_id bigint REFERENCES parcel
);
CREATE INDEX tracking_event_parcel ON tracking_event (parcel_id, occurred_at);
CREATE INDEX tracking_event_orphan ON tracking_event (carrier, tracking_no) WHERE parcel_id IS NULL;

CREATE FUNCTION tracking_event_hash(
    carrier text, tracking_no text, status text, occurred_at timestamptz, location text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        carrier, tracking_no, upper(status), extract(epoch FROM occurred_at), location
    )::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION tracking_event_hash IS 'What makes two reports the same event of a parcel.';
