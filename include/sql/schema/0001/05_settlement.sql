-- purpose: what gateways report, how it was matched to payments, and the proof of the day.

CREATE TABLE gateway_account (
    gateway text NOT NULL REFERENCES partner,
    account text NOT NULL,
    window_days integer NOT NULL DEFAULT 5 CHECK (window_days >= 0),
    tolerance_minor bigint NOT NULL DEFAULT 0 CHECK (tolerance_minor >= 0),
    overdue_business_days integer NOT NULL DEFAULT 3 CHECK (overdue_business_days >= 0),
    PRIMARY KEY (gateway, account)
);
CREATE UNIQUE INDEX gateway_account_one ON gateway_account (gateway);

CREATE TABLE settlement_line (
    settlement_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_file_id bigint NOT NULL REFERENCES source_file,
    file_line integer NOT NULL,
    gateway text NOT NULL REFERENCES partner,
    account text NOT NULL,
    batch_no text,
    kind text NOT NULL,
    gateway_ref text,
    order_ref text,
    original_ref text,
    gross_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    net_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    settlement_currency char(3) NOT NULL,
    settlement_net_minor bigint NOT NULL,
    exchange_rate numeric,
    booked_at timestamptz NOT NULL,
    payout_ref text,
    method text,
    extra jsonb NOT NULL DEFAULT '{}',
    first_reconciled_on date,
    UNIQUE (source_file_id, file_line)
);
CREATE INDEX settlement_line_order_ref ON settlement_line (order_ref);
CREATE INDEX settlement_line_gateway_ref ON settlement_line (gateway, gateway_ref);
COMMENT ON TABLE settlement_line IS
'The canonical settlement line. Signs: gross is money to us (+) or from us (-), fee is a cost (+),
net is gross less fee; the settlement currency is what the account is paid out in.';

COMMENT ON COLUMN settlement_line.first_reconciled_on IS
'The first business date whose reconciliation saw the line; null while none has. Before that date it
does not exist for the proof, on it it is new, afterwards it is opening.';

ALTER TABLE payment ADD COLUMN first_reconciled_on date;
COMMENT ON COLUMN payment.first_reconciled_on IS 'As on settlement_line.';
CREATE INDEX payment_gateway_ref ON payment (gateway, gateway_ref);

CREATE TABLE settlement_run (
    business_date date PRIMARY KEY,
    as_of timestamptz NOT NULL
);
COMMENT ON TABLE settlement_run IS
'The business dates that are reconciled. Only the newest may be reconciled again.';

CREATE SEQUENCE settlement_match_no;

CREATE TABLE settlement_match (
    settlement_match_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_no bigint NOT NULL,
    business_date date NOT NULL,
    pass text NOT NULL,
    origin text NOT NULL DEFAULT 'run' CHECK (origin IN ('run', 'person')),
    payment_id bigint NOT NULL REFERENCES payment,
    payment_part integer NOT NULL DEFAULT 1 CHECK (payment_part > 0),
    settlement_line_id bigint NOT NULL REFERENCES settlement_line,
    line_part integer NOT NULL DEFAULT 1 CHECK (line_part > 0),
    amount_minor bigint NOT NULL,
    variance_minor bigint NOT NULL,
    matched_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_on date CHECK (undone_on >= business_date),
    undone_by text,
    undone_why text,
    CHECK (num_nulls(undone_at, undone_on, undone_by, undone_why) IN (0, 4))
);
CREATE UNIQUE INDEX settlement_match_payment ON settlement_match (payment_id, payment_part)
WHERE undone_at IS NULL;
CREATE UNIQUE INDEX settlement_match_line ON settlement_match (settlement_line_id, line_part)
WHERE undone_at IS NULL;
CREATE INDEX settlement_match_date ON settlement_match (business_date);
CREATE INDEX settlement_match_no_edges ON settlement_match (match_no);
CREATE INDEX settlement_match_decided ON settlement_match (business_date)
WHERE origin = 'person' OR undone_at IS NOT NULL;
COMMENT ON TABLE settlement_match IS
'One row per payment and line that are tied together; all rows of one match share match_no. Every
match counts the parts of each payment and of each line from 1, so that the two unique indexes
refuse a payment or a line in two matches. What is undone stays as history.';
COMMENT ON COLUMN settlement_match.business_date IS
'The reconciliation in whose proof the match is counted first: of a run its own date, of a person a
date after the newest one that was reconciled by then. undone_on is the same for the undoing.';

CREATE TABLE settlement_finding (
    settlement_finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_date date NOT NULL,
    code text NOT NULL,
    payment_id bigint REFERENCES payment,
    settlement_line_id bigint REFERENCES settlement_line,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    evidence jsonb NOT NULL
);
CREATE INDEX settlement_finding_date ON settlement_finding (business_date, code);
COMMENT ON TABLE settlement_finding IS
'What the passes could not match, by code, as of each business date; the latest date is the truth
of now.';

CREATE TABLE settlement_proof (
    business_date date NOT NULL,
    side text NOT NULL CHECK (side IN ('payments', 'lines')),
    gateway text NOT NULL,
    currency char(3) NOT NULL,
    opening_count bigint NOT NULL,
    opening_minor bigint NOT NULL,
    new_count bigint NOT NULL,
    new_minor bigint NOT NULL,
    matched_count bigint NOT NULL,
    matched_minor bigint NOT NULL,
    exception_count bigint NOT NULL,
    exception_minor bigint NOT NULL,
    open_count bigint NOT NULL,
    open_minor bigint NOT NULL,
    PRIMARY KEY (business_date, side, gateway, currency),
    CONSTRAINT proof_counts_add_up
    CHECK (opening_count + new_count = matched_count + exception_count + open_count),
    CONSTRAINT proof_money_adds_up
    CHECK (opening_minor + new_minor = matched_minor + exception_minor + open_minor)
);

CREATE VIEW reconciled_finding AS
SELECT
    f.business_date,
    f.code,
    f.payment_id,
    f.settlement_line_id,
    f.amount_minor,
    f.currency,
    f.evidence,
    p.payment_ref,
    p.captured_at,
    o.order_ref,
    l.booked_at,
    l.first_reconciled_on,
    l.file_line,
    s.name AS file_name,
    coalesce(l.gateway, p.gateway) AS gateway,
    l.gateway_ref AS line_gateway_ref,
    l.order_ref AS line_order_ref,
    array_remove(ARRAY[
        'partner:' || coalesce(l.gateway, p.gateway),
        'payment:' || p.payment_ref,
        'order:' || o.order_ref,
        'gateway_ref:' || coalesce(p.gateway_ref, l.gateway_ref),
        'file:' || s.name
    ], NULL) AS keys
FROM settlement_finding AS f
LEFT JOIN payment AS p
    ON p.payment_id = coalesce(f.payment_id, (f.evidence ->> 'related_payment_id')::bigint)
LEFT JOIN sales_order AS o ON o.sales_order_id = p.sales_order_id
LEFT JOIN settlement_line AS l ON l.settlement_line_id = f.settlement_line_id
LEFT JOIN source_file AS s ON s.source_file_id = l.source_file_id;
COMMENT ON VIEW reconciled_finding IS
'The findings of each reconciliation with the payment that each is about, also where that payment is
settled by another line (a duplicate), and the keys that a case of it touches.';

CREATE FUNCTION current_finding(as_of timestamptz) RETURNS SETOF reconciled_finding
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT f.* FROM reconciled_finding AS f
     WHERE f.business_date = (
        SELECT max(r.business_date) FROM settlement_run AS r WHERE r.as_of <= current_finding.as_of
     )
$$;
COMMENT ON FUNCTION current_finding IS
'The findings of the newest reconciliation that there was at an instant.';
