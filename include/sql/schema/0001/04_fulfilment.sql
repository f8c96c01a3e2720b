-- purpose: vendor orders out, their answers, parcels and tracking in.

CREATE TABLE vendor_order (
    vendor_order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor_order_no text NOT NULL UNIQUE,
    revision integer NOT NULL DEFAULT 1,
    sales_order_id bigint NOT NULL REFERENCES sales_order,
    vendor_id text NOT NULL REFERENCES partner,
    ship_by date,
    effect_id bigint REFERENCES effect,
    message_no integer,
    not_written text,
    status text NOT NULL DEFAULT 'PLANNED',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (sales_order_id, vendor_id, revision)
);
CREATE INDEX vendor_order_work ON vendor_order (vendor_id, status)
WHERE status IN ('PLANNED', 'WRITTEN');
CREATE INDEX vendor_order_effect ON vendor_order (effect_id);
COMMENT ON COLUMN vendor_order.message_no IS
'The place of the order among those of its file, from 1: the control number of its message in EDI.';
COMMENT ON COLUMN vendor_order.not_written IS
'Why the last run could not put the order into a file; null where it did, or none has tried.';

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
WHERE f.doc_type IN ('ACKNOWLEDGEMENT', 'RECEIPT');
COMMENT ON VIEW answer_time IS
'When a vendor gave the answers of a file: as its header says, else when the file was received.';

CREATE TABLE vendor_receipt (
    vendor_receipt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    vendor_id text NOT NULL REFERENCES partner,
    effect_id bigint NOT NULL REFERENCES effect,
    message_no integer,
    verdict text NOT NULL
    CHECK (verdict IN ('accepted', 'accepted_with_errors', 'partial', 'rejected')),
    error_code text,
    reason text,
    error_segment text,
    error_position integer,
    said jsonb NOT NULL,
    answered_at timestamptz NOT NULL,
    UNIQUE (source_file_id, file_line)
);
CREATE INDEX vendor_receipt_effect ON vendor_receipt (effect_id);
COMMENT ON TABLE vendor_receipt IS
'What a vendor''s system says of a file that we sent (997, CONTRL), or of one message of it;
the latest word counts.';
COMMENT ON COLUMN vendor_receipt.message_no IS
'Which message of the file (vendor_order.message_no); null where the word is about all of them.';

CREATE TABLE receipt_error (
    concerns text NOT NULL,
    code text NOT NULL,
    meaning text NOT NULL,
    PRIMARY KEY (concerns, code)
);
COMMENT ON TABLE receipt_error IS
'What the error codes of receipts mean: X12 lists 716, 718 and 720, EDIFACT list 0085.';
INSERT INTO receipt_error (concerns, code, meaning) VALUES
('x12-group', '1', 'functional group not supported'),
('x12-group', '2', 'functional group version not supported'),
('x12-group', '3', 'functional group trailer missing'),
('x12-group', '4', 'group control numbers of header and trailer differ'),
('x12-group', '5', 'number of included sets differs from the count'),
('x12-group', '6', 'group control number violates the syntax'),
('x12-set', '1', 'transaction set not supported'),
('x12-set', '2', 'transaction set trailer missing'),
('x12-set', '3', 'control numbers of header and trailer differ'),
('x12-set', '4', 'number of included segments differs from the count'),
('x12-set', '5', 'one or more segments in error'),
('x12-set', '6', 'missing or invalid transaction set identifier'),
('x12-set', '7', 'missing or invalid transaction set control number'),
('x12-segment', '1', 'unrecognised segment'),
('x12-segment', '2', 'unexpected segment'),
('x12-segment', '3', 'mandatory segment missing'),
('x12-segment', '4', 'loop occurs too often'),
('x12-segment', '5', 'segment occurs too often'),
('x12-segment', '6', 'segment not in the defined transaction set'),
('x12-segment', '7', 'segment not in its place'),
('x12-segment', '8', 'segment has data elements in error'),
('edifact', '2', 'syntax version or level not supported'),
('edifact', '7', 'interchange recipient is not the actual one'),
('edifact', '12', 'invalid value'),
('edifact', '13', 'missing'),
('edifact', '14', 'value not supported in this position'),
('edifact', '15', 'not supported in this position'),
('edifact', '16', 'too many constituents'),
('edifact', '17', 'no agreement'),
('edifact', '18', 'unspecified error'),
('edifact', '19', 'invalid decimal notation'),
('edifact', '20', 'character invalid as service character'),
('edifact', '21', 'invalid character'),
('edifact', '22', 'invalid service character'),
('edifact', '23', 'interchange sender unknown'),
('edifact', '24', 'too old'),
('edifact', '25', 'test indicator not supported'),
('edifact', '26', 'duplicate detected'),
('edifact', '28', 'control references do not match'),
('edifact', '29', 'control count does not match'),
('edifact', '30', 'groups and messages mixed'),
('edifact', '31', 'several message types in one group'),
('edifact', '32', 'lower level empty'),
('edifact', '33', 'invalid occurrence outside message or group'),
('edifact', '35', 'repeated too often'),
('edifact', '36', 'segment group repeated too often'),
('edifact', '37', 'invalid type of characters'),
('edifact', '38', 'no digit before the decimal mark'),
('edifact', '39', 'data element too long'),
('edifact', '40', 'data element too short');

CREATE VIEW vendor_order_receipt AS
SELECT
    o.vendor_order_id,
    r.*
FROM vendor_order AS o
CROSS JOIN LATERAL (
    SELECT v.*
    FROM vendor_receipt AS v
    WHERE v.effect_id = o.effect_id AND coalesce(v.message_no = o.message_no, TRUE)
    ORDER BY v.answered_at DESC, v.vendor_receipt_id DESC
    LIMIT 1
) AS r;
COMMENT ON VIEW vendor_order_receipt IS
'The latest word of a vendor''s system on the message of a vendor order, where there is one.';

CREATE VIEW ordered_line AS
SELECT
    o.vendor_id,
    o.vendor_order_id,
    o.vendor_order_no,
    o.revision,
    o.status,
    o.status_at,
    s.order_ref,
    l.line_no AS order_line_no,
    l.sku,
    ol.description,
    l.quantity,
    ol.unit_price_minor AS unit_cost_minor,
    s.currency,
    s.ordered_at,
    o.ship_by,
    a.name AS ship_to_name,
    a.street AS ship_to_street,
    a.city AS ship_to_city,
    a.postcode AS ship_to_postcode,
    a.country AS ship_to_country
FROM vendor_order AS o
INNER JOIN vendor_order_line AS l ON o.vendor_order_id = l.vendor_order_id
INNER JOIN order_line AS ol ON l.order_line_id = ol.order_line_id
INNER JOIN sales_order AS s ON o.sales_order_id = s.sales_order_id
INNER JOIN address AS a ON s.address_id = a.address_id;
COMMENT ON VIEW ordered_line IS
'What a purchase order says of each of its lines (the family purchase_order), with its state.';

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
